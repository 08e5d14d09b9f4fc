"""Map Center: settings, ASGI application and addresses."""

__version__ = "1.0.0"  # the one place: `manage.py version`, /healthz, /metrics
