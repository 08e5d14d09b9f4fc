"""Conditional requests: whether a client already has what it asks for."""

from django.utils.http import parse_etags


def etag_matches(if_none_match: str, etag: str) -> bool:
    """Return whether a header If-None-Match names `etag`: as one of a list, or as `*`.

    Tags are compared weakly, as RFC 9110 demands for GET: a proxy that compresses a response makes
    a strong tag weak.
    """
    wanted = [tag.removeprefix("W/") for tag in parse_etags(if_none_match)]
    return "*" in wanted or etag.removeprefix("W/") in wanted
