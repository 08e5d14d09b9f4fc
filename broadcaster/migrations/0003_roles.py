from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

VIEWS = ("view_broadcast", "view_publication", "view_cue", "view_auditentry")
GROUPS = {
    "Contributor": (*VIEWS, "prepare_broadcast"),
    "Broadcaster": (*VIEWS, "prepare_broadcast", "take_broadcast"),
    "Editor in charge": (
        *VIEWS,
        "prepare_broadcast",
        "take_broadcast",
        "run_broadcast",
        "correct_broadcast",
        "confirm_broadcast",
        "schedule_broadcast",
        "add_broadcast",
        "change_broadcast",
        "delete_broadcast",
        "view_apitoken",
        "change_apitoken",
    ),
}
"""The permissions of each group as this migration created them. broadcaster/desk/permissions.py has
today's; a difference needs a migration of its own."""


def make_groups(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create the groups that do not exist yet.

    Django creates permissions after all migrations have run, which is too late for the groups, so
    this creates those of the app first.
    """
    config = apps.get_app_config("broadcaster")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects
    for name, codenames in GROUPS.items():
        group, created = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        if created:
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
