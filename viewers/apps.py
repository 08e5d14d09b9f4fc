"""The Django app `viewers`: how the map reaches people."""

from django.apps import AppConfig


class ViewersConfig(AppConfig):
    name = "viewers"
    verbose_name = "Viewers"
    default_auto_field = "django.db.models.BigAutoField"
