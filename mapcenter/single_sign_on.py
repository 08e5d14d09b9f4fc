"""Log-in by a proxy that authenticates staff: see docs/security.md."""

import secrets
from collections.abc import Awaitable

from django.conf import settings
from django.contrib.auth.backends import RemoteUserBackend
from django.contrib.auth.middleware import RemoteUserMiddleware
from django.http import HttpRequest, HttpResponseBase


class LoginByProxy(RemoteUserMiddleware):
    """Log in the user whom the proxy names, on the desk's pages only.

    Only requests with the proxy's secret may name one, so a client that reaches this server past
    the proxy, or a header that a proxy forgets to replace, logs nobody in.
    """

    header = "HTTP_X_REMOTE_USER"
    secret_header = "HTTP_X_PROXY_SECRET"

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if not request.path_info.startswith("/admin/"):
            return self.get_response(request)  # viewers' pages have no session
        secret = request.META.get(self.secret_header, "")
        if not secrets.compare_digest(secret.encode(), settings.LOGIN_PROXY_SECRET.encode()):
            request.META.pop(self.header, None)
        return super().__call__(request)


class ProxyUserBackend(RemoteUserBackend):
    """Authenticates users that the proxy names. An administrator creates them, with a role."""

    create_unknown_user = False
