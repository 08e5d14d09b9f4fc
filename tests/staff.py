"""Staff for tests."""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission

from broadcaster.roles import GROUPS


def staff(name: str, group: str | None = None):
    """A member of staff in one of the groups, which tests that empty the database lack."""
    user = get_user_model().objects.create_user(name, is_staff=True)
    if group:
        found, created = Group.objects.get_or_create(name=group)
        if created:
            codenames = [permission.split(".")[1] for permission in GROUPS[group]]
            found.permissions.set(Permission.objects.filter(codename__in=codenames))
        user.groups.add(found)
    return user
