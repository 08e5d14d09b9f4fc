"""The HTTP API's addresses."""

from django.urls import path

from broadcaster import api

urlpatterns = [
    path("broadcasts", api.broadcasts, name="api-broadcasts"),
    path("broadcasts/<slug:slug>/updates", api.updates, name="api-updates"),
    path("broadcasts/<slug:slug>/calls", api.calls, name="api-calls"),
]
