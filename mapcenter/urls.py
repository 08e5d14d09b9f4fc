"""The addresses of Django's views. WebSockets and long polls are in viewers/routing.py."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from viewers.urls import pages

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include("broadcaster.api.urls")),
    path("", include("viewers.urls")),
    *i18n_patterns(*pages, prefix_default_language=False),
]
