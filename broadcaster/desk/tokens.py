"""Making and revoking API tokens.

A token acts for its user: `is_active` and the user's permissions are read at every request. A new
password revokes the user's tokens for good, since the old one may have become known to somebody,
who could have made a token.
"""

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.signals import pre_save
from django.dispatch import receiver

from broadcaster.models import ApiToken, Via
from broadcaster.publishing import clock
from broadcaster.publishing.actor import Actor
from broadcaster.publishing.audit import add_entry

REHASH = frozenset({"password"})
"""The fields that Django saves when it hashes an unchanged password anew after a log-in."""


@transaction.atomic
def issue(owner: AbstractUser, note: str, direct: bool, actor: Actor) -> str:
    """Make a token that acts for `owner`, with an entry in the audit. Return its text.

    The text is stored nowhere, so it can be shown only now.
    """
    token = ApiToken.issue(owner, note, direct)
    kind = "a direct API token" if direct else "an API token"
    add_entry(actor, "changed", None, f"made {kind} for {owner}, {note or 'without a note'}")
    return token


@receiver(pre_save, sender=settings.AUTH_USER_MODEL)
def revoke_after_new_password(
    instance: AbstractUser, update_fields: Collection[str] | None, **signal: Any
) -> None:
    """Revoke the tokens of a user whose password is changed or removed."""
    if update_fields is not None and "password" not in update_fields:
        return
    # Django keeps a new password there until it is saved.
    if update_fields == REHASH and getattr(instance, "_password", None) is None:
        return
    stored = type(instance).objects.filter(pk=instance.pk).values_list("password", flat=True)
    if instance.password not in stored:
        revoke_all(instance)


def revoke_all(user: AbstractUser) -> None:
    """Revoke all tokens of a user, with an entry in the audit for each."""
    revoke(ApiToken.objects.filter(user=user.pk), Actor(user, Via.ADMIN), ": a new password")


@transaction.atomic
def revoke(tokens: QuerySet[ApiToken], actor: Actor, why: str = "") -> int:
    """Revoke the valid ones of `tokens`, with an entry in the audit for each. Return their number.

    `why` follows the token in the entry.
    """
    valid = tokens.filter(revoked_at=None).select_related("user")
    revoked = [f"revoked the API token {token}, {token.note}{why}" for token in valid]
    valid.update(revoked_at=clock.now())
    for words in revoked:
        add_entry(actor, "changed", None, words)
    return len(revoked)
