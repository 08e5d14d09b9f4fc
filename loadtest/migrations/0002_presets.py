from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

OLD_STORY = "One of the three distributions of 2012. The story compares them: half as many viewers \
in twice as many simulators change nothing, twice the viewers show a failure."
PRESETS = [
    {
        "name": "Smoke",
        "note": "Half a minute: does everything work together?",
        "plan": {"clients": 500, "ramp": "5", "rounds": "5@1", "transport": "mix"},
        "thresholds": "missing>0",
    },
    {
        "name": "Rehearsal",
        "note": "Ten thousand viewers, as on election night. On machines of their own: choose rq.",
        "plan": {"clients": 10000, "transport": "mix", "poll_share": 0.1},
        "thresholds": "missing>0\nunconnected>0\np95>1000",
    },
    {
        "name": "2012: 10 × 1,000",
        "note": OLD_STORY,
        "plan": {"clients": 10000, "simulators": 10},
    },
    {
        "name": "2012: 20 × 500",
        "note": OLD_STORY,
        "plan": {"clients": 10000, "simulators": 20},
    },
    {
        "name": "2012: 20 × 1,000",
        "note": OLD_STORY,
        "plan": {"clients": 20000, "simulators": 20},
    },
    {
        "name": "Page storm",
        "note": "The anchor says “go to our site”: viewers load the page, most of them at once.",
        "plan": {"clients": 2000, "page": True, "shape": "spike"},
        "thresholds": "unconnected>0",
    },
    {
        "name": "Restart",
        "note": "Restart the server while it runs: how long until everybody is back?",
        "plan": {"clients": 1000, "rounds": "60@1", "expect_restart": True},
    },
    {
        "name": "The story's matrix",
        "note": "The findings of 2012, tried again on servers of their own.",
        "matrix_scale": 0.2,
    },
]


def make_presets(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for preset in PRESETS:
        apps.get_model("loadtest", "LoadTest").objects.get_or_create(
            name=preset["name"], defaults=preset
        )


class Migration(migrations.Migration):
    dependencies = [("loadtest", "0001_initial")]

    operations = [migrations.RunPython(make_presets, migrations.RunPython.noop)]
