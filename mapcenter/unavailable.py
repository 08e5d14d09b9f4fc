"""The 503 responses that need neither a view nor a template: overload, and no database."""

import json
from dataclasses import dataclass
from http import HTTPStatus

STATUS = HTTPStatus.SERVICE_UNAVAILABLE
RETRY_AFTER = 3  # seconds

# Browsers ignore Retry-After, so the page reloads itself.
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="{seconds}">
<title>One moment · Map Center</title>
<p>{english} This page loads again by itself in {seconds} seconds.
<p lang="es">{spanish} Esta página se vuelve a cargar sola en {seconds} segundos.
</html>
"""


@dataclass(frozen=True, slots=True)
class Reason:
    """The reason why a request was not handled, in both languages of the pages."""

    english: str
    spanish: str


OVERLOAD = Reason(
    "The server has too many requests at the moment.",
    "El servidor tiene demasiadas solicitudes en este momento.",
)
NO_DATABASE = Reason(
    "The server cannot use its database at the moment.",
    "El servidor no puede usar su base de datos en este momento.",
)


def unavailable(reason: Reason, method: str, accept: str) -> tuple[dict[str, str], bytes]:
    """Return headers and body: a page that reloads itself, or JSON in the API's format.

    Browsers that navigate accept HTML. Scripts and programs get JSON, and so do posted forms, which
    must not be sent again by themselves.
    """
    if method in ("GET", "HEAD") and "text/html" in accept:
        content_type = "text/html; charset=utf-8"
        words = {"english": reason.english, "spanish": reason.spanish}
        text = PAGE.format(seconds=RETRY_AFTER, **words)
    else:
        content_type = "application/json"
        again = f"This was not done. Try again in {RETRY_AFTER} seconds."
        text = json.dumps({"error": f"{reason.english} {again}"})
    body = text.encode()
    headers = {
        "Content-Type": content_type,
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "Retry-After": str(RETRY_AFTER),
        "Content-Security-Policy": "default-src 'none'",
        "X-Content-Type-Options": "nosniff",
    }
    return headers, body
