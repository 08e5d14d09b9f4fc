"""Contests in the database: made, changed, removed and imported. All of it is in the audit."""

import json

from django.db import IntegrityError, transaction
from django.utils import timezone

from broadcaster.domain.contest import Contest
from broadcaster.domain.contest_parsing import parse_contest
from broadcaster.domain.rejection import InvalidInput, Rejected
from broadcaster.models import ContestDocument
from broadcaster.models.contests import geometry_of
from broadcaster.publishing.actor import Actor
from broadcaster.publishing.audit import add_entry
from broadcaster.publishing.lineup import spread

MAX_FILE = 1_000_000  # bytes of a document as JSON; 1,000 races with candidates have half of it


def decode_file(content: bytes) -> object:
    """Return the JSON in a file. Raises `InvalidInput` on the field "file"."""
    if len(content) > MAX_FILE:
        raise InvalidInput("file", f"is larger than {MAX_FILE} bytes")
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("file", f"is not JSON: {str(error)[:80]}") from None


def encode_file(contest: Contest) -> str:
    """Return the JSON file of a contest, which imports elsewhere unchanged."""
    return json.dumps(contest.to_dict(), ensure_ascii=False, indent=1) + "\n"


def parse(data: object) -> Contest:
    """Return the contest that decoded JSON holds, on a stored geometry.

    Raises `InvalidDocument`.
    """
    return parse_contest(data, geometry_of)


def make(contest: Contest, by: Actor) -> ContestDocument:
    """Store a new contest. Raises `InvalidInput` if its id is taken."""
    stored = ContestDocument(document=contest, made_by=by.user, changed_by=by.user)
    try:
        with transaction.atomic():
            stored.save()
            add_entry(by, "changed", None, f"made the contest {contest.id}")
    except IntegrityError:
        raise InvalidInput("id", f"{contest.id} is the id of another contest already") from None
    return stored


@transaction.atomic
def change(slug: str, version: int | None, contest: Contest, by: Actor) -> ContestDocument:
    """Replace a stored contest by `contest`, if that is another. The id stays.

    The change reaches the broadcasts that have the contest, as publishing/lineup.py says.

    `version` is the one that the editor saw; None: whichever it is. Raises `InvalidInput` for
    another id, `Rejected` if the contest was changed or removed meanwhile.
    """
    stored = ContestDocument.objects.select_for_update().filter(slug=slug).first()
    if stored is None:
        raise Rejected(f"There is no contest {slug} any more.")
    if contest.id != slug:
        raise InvalidInput("id", f"is not {slug}: the id of a contest stays")
    if version is not None and stored.version != version:
        raise Rejected(
            f"{stored.changed_by or 'A command'} changed this contest meanwhile. "
            "Open it again, and repeat what you changed."
        )
    if stored.document == contest:
        return stored
    stored.document = contest
    stored.version += 1
    stored.changed_by, stored.changed_at = by.user, timezone.now()
    stored.save()
    kept = spread(contest)
    words = f"; the former one stays in {', '.join(map(str, kept))}" if kept else ""
    add_entry(by, "changed", None, f"changed the contest {slug}: version {stored.version}{words}")
    return stored


def record_removal(stored: ContestDocument, by: Actor) -> None:
    """Record in the audit that a contest is being removed."""
    add_entry(by, "removed", None, f"removed the contest {stored.slug}")
