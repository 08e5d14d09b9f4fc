"""The addresses that Django's views serve; viewers' own are in viewers/routing.py."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include("broadcaster.urls")),
    path("", include("viewers.urls")),
]
