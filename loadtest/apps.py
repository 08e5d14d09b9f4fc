"""The Django app `loadtest`: simulated viewers and benchmarks."""

from django.apps import AppConfig


class LoadTestConfig(AppConfig):
    name = "loadtest"
    verbose_name = "Load test"
    default_auto_field = "django.db.models.BigAutoField"
