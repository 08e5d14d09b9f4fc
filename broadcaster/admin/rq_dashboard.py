"""django-rq's dashboard in the admin: scheduled jobs, failed jobs, and workers.

Its own views are open to all staff; here they need the permission to schedule. Its pages have
inline styles, so the Content-Security-Policy of these pages allows them. Their inline script stays
blocked: it duplicates what Django's admin does itself ("select all").
"""

from csp.constants import UNSAFE_INLINE
from csp.decorators import csp_update
from django.contrib import admin
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest
from django_rq.admin import QueueAdmin
from django_rq.models import Dashboard

from broadcaster.desk.permissions import SCHEDULE


@admin.register(Dashboard)
class WorkerAdmin(QueueAdmin):
    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(SCHEDULE)

    def get_urls(self):
        urls = super().get_urls()
        for url in urls:
            styled = csp_update({"style-src": [UNSAFE_INLINE]})(url.callback)
            allowed = permission_required(SCHEDULE, raise_exception=True)(styled)
            url.callback = staff_member_required(allowed)  # anonymous users get the login page
        return urls
