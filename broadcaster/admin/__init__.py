"""The Django admin: broadcasts and their consoles, recordings, contests, and read-only records."""

from django.conf import settings

from broadcaster.admin import broadcasts, contests, records, tokens  # noqa: F401

if settings.REDIS_URL:  # django-rq is an app only there
    from broadcaster.admin import rq_dashboard  # noqa: F401
