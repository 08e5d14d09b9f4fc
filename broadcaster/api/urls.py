"""The HTTP API's addresses."""

from django.urls import path

from broadcaster.api import views

urlpatterns = [
    path("broadcasts", views.broadcasts, name="api-broadcasts"),
    path("broadcasts/<slug:slug>/updates", views.updates, name="api-updates"),
    path("broadcasts/<slug:slug>/counts", views.counts, name="api-counts"),
    path("broadcasts/<slug:slug>/calls", views.calls, name="api-calls"),
]
