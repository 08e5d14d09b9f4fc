"""The Django app `broadcaster`: broadcasts, their maps, and the desk that changes them."""

from django.apps import AppConfig


class BroadcasterConfig(AppConfig):
    name = "broadcaster"
    verbose_name = "Broadcaster"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks, and what revokes API tokens."""
        from broadcaster import checks  # noqa: F401
        from broadcaster.desk import tokens  # noqa: F401
