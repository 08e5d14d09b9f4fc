"""The HTTP API for programs of the newsroom: bearer token in, JSON out. See docs/protocol.md."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import HttpRequest, JsonResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.csrf import csrf_exempt

from broadcaster.api.feed import handle_message
from broadcaster.desk.commands import execute, run
from broadcaster.desk.requests import (
    RETRY_AFTER,
    Reply,
    decode,
    failure,
    read_body,
    reject,
    reply_or_unavailable,
)
from broadcaster.domain.change import Change, Kind
from broadcaster.domain.count_table import read_counts
from broadcaster.domain.parsing import MAX_TITLE, one_of, text
from broadcaster.domain.rejection import Forbidden, InvalidInput, NotFound, Rejected, shown_key
from broadcaster.domain.spreadsheet import decode_table
from broadcaster.models import ApiToken, Broadcast, Via
from broadcaster.publishing.actor import Actor
from broadcaster.publishing.lineup import choose

TYPES = {"slug": str, "title": str, "contests": dict, "listed": bool}
"""The fields of a new broadcast, and their types."""


@csrf_exempt  # a token authenticates the request, and no cookie is read
def broadcasts(request: HttpRequest) -> JsonResponse:
    """POST {"slug", "title", "contests": {key: id}, "listed"}: create a broadcast, off air."""

    def post(token: ApiToken) -> Reply:
        try:
            return _create(request, token.user)
        except (Rejected, InvalidInput) as error:
            return reject(error, _actor(request, token), None, "create")

    return _respond(request, post)


@csrf_exempt
def updates(request: HttpRequest, slug: str) -> JsonResponse:
    """POST one change: publish it, or reply with the reason for its rejection."""

    def post(broadcast: Broadcast, data: dict[str, Any], token: ApiToken) -> Reply:
        command = {"command": "take", "client_id": data.pop("client_id", None), "change": data}
        return execute(broadcast, command, _actor(request, token))

    return _respond(request, _for_broadcast(request, slug, post))


@csrf_exempt
def counts(request: HttpRequest, slug: str) -> JsonResponse:
    """POST a CSV table of the votes counted in `?contest=`, by default the first: publish them."""

    def post(token: ApiToken) -> Reply:
        broadcast = Broadcast.objects.filter(slug=slug).first()
        try:
            if broadcast is None:
                raise NotFound(f"there is no broadcast {slug}", field="broadcast")
            contests = broadcast.show.contests
            key = one_of("contest", request.GET.get("contest", broadcast.show.first), contests)
            found = read_counts(decode_table(read_body(request)), contests[key])
        except (Rejected, InvalidInput) as error:
            return reject(error, _actor(request, token), broadcast)
        change = Change(Kind.UPDATE, counts={key: found})
        arguments = {"change": change, "client_id": None}
        return run(broadcast, "take", arguments, _actor(request, token))

    return _respond(request, post)


@csrf_exempt
def calls(request: HttpRequest, slug: str) -> JsonResponse:
    """POST a feed's calls: propose them in the rundown, or publish them for a direct token."""

    def post(broadcast: Broadcast, data: dict[str, Any], token: ApiToken) -> Reply:
        return handle_message(broadcast, data, _actor(request, token), token.direct)

    return _respond(request, _for_broadcast(request, slug, post))


def _actor(request: HttpRequest, token: ApiToken) -> Actor:
    return Actor(token.user, Via.API, request.META.get("REMOTE_ADDR"))


def _for_broadcast(
    request: HttpRequest,
    slug: str,
    act: Callable[[Broadcast, dict[str, Any], ApiToken], Reply],
) -> Callable[[ApiToken], Reply]:
    """Return the function that reads the request for a broadcast and acts on it."""

    def found(token: ApiToken) -> Reply:
        broadcast = Broadcast.objects.filter(slug=slug).first()
        try:
            if broadcast is None:
                raise NotFound(f"there is no broadcast {slug}", field="broadcast")
            return act(broadcast, decode(read_body(request)), token)
        except (Rejected, InvalidInput) as error:
            return reject(error, _actor(request, token), broadcast)

    return found


def _with_token(request: HttpRequest, act: Callable[[ApiToken], Reply]) -> Reply:
    if request.method != "POST":
        return failure(HTTPStatus.METHOD_NOT_ALLOWED, "This address takes POST only.")
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return failure(HTTPStatus.UNAUTHORIZED, "Send a token: Authorization: Bearer ….")
    token = (
        ApiToken.objects.filter(digest=ApiToken.hash(text.strip()), revoked_at=None)
        .select_related("user")
        .first()
    )
    if token is None or not token.user.is_active:
        return failure(HTTPStatus.UNAUTHORIZED, "This token is unknown or was revoked.")
    return act(token)


def _create(request: HttpRequest, user) -> Reply:
    """Raises `Rejected` and `InvalidInput`."""
    if not user.has_perm("broadcaster.add_broadcast"):
        raise Forbidden(f"{user} may not create broadcasts.")
    data = decode(read_body(request))
    for name, value in data.items():
        if name not in TYPES:
            raise InvalidInput(shown_key(name), "unknown field")
        if type(value) is not TYPES[name]:
            raise InvalidInput(name, f"is not of the type {TYPES[name].__name__}")
    data["title"] = text("title", data.get("title", ""), MAX_TITLE)
    data["contests"] = choose(data.get("contests"))
    broadcast = Broadcast(**data)
    try:
        broadcast.clean_fields(exclude=["state"])
        broadcast.validate_unique()
        broadcast.save()
    except ValidationError as error:
        field, problems = next(iter(error.message_dict.items()))
        raise InvalidInput(field, problems[0]) from None
    except IntegrityError:  # another request created it after the check
        raise InvalidInput("slug", "is taken") from None
    return HTTPStatus.CREATED, {
        "slug": broadcast.slug,
        "epoch": broadcast.epoch,
        "seq": broadcast.seq,
    }


def _respond(request: HttpRequest, act: Callable[[ApiToken], Reply]) -> JsonResponse:
    """Return the response to a request: the reply of `act`, or the reason for a rejection."""
    status, answer = reply_or_unavailable(lambda: _with_token(request, act))
    response = JsonResponse(answer, status=status)
    patch_cache_control(response, no_store=True)
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = "Bearer"
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        response["Allow"] = "POST"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        response["Retry-After"] = str(answer["retry_after"])
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response["Retry-After"] = str(RETRY_AFTER)
    return response
