from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from broadcaster.roles import GROUPS


def make_groups(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The groups, where they do not exist. Permissions are made after all migrations by
    default, so those that the groups hold are made here."""
    config = apps.get_app_config("broadcaster")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects
    for name, wanted in GROUPS.items():
        group, created = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        if created:
            codenames = [name.split(".")[1] for name in wanted]
            group.permissions.set(
                permissions.filter(codename__in=codenames, content_type__app_label="broadcaster")
            )


class Migration(migrations.Migration):
    dependencies = [
        ("broadcaster", "0002_the_desk"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
