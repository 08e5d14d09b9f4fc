import json
from pathlib import Path

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

DATA = Path(__file__).parents[1] / "data"
DOCUMENTS = {
    "GeometryDocument": "geometries/us-house.json",
    "ContestDocument": "contests/us-house-2026.json",
}


def add_documents(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Store the contest and its map, unless a newsroom has made one with the id of either."""
    found = {model: json.loads((DATA / file).read_text()) for model, file in DOCUMENTS.items()}
    models = {model: apps.get_model("broadcaster", model).objects for model in found}
    if any(models[model].filter(slug=document["id"]).exists() for model, document in found.items()):
        return
    for model, document in found.items():
        models[model].create(slug=document["id"], title=document["title"], document=document)


class Migration(migrations.Migration):
    dependencies = [("broadcaster", "0014_without_election")]

    operations = [migrations.RunPython(add_documents, migrations.RunPython.noop)]
