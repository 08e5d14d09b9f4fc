"""Publishing without the desk, to prepare a broadcast for a test."""

from broadcaster.models import AuditEntry, Via
from broadcaster.publishing import publish as gate
from broadcaster.publishing.actor import Actor


def publish(broadcast, change, *, by=None, **options):
    """Publish a change from the command line, or in the name of `by`.

    Like a replayed change, it may have no effect on the map. It leaves no entry in the audit.
    """
    options = {"replayed": True, **options}
    publication = gate.publish(broadcast, change, Actor(by, Via.COMMAND), **options)
    entries = AuditEntry.objects.filter(epoch=publication.epoch, seq=publication.seq)
    entries._raw_delete(entries.db)  # the audit's own queryset cannot delete
    return publication


def store(recording, *, slug, title):
    """Make a broadcast from a recording, as an import does."""
    return gate.publish_recording(recording, Actor(None, Via.COMMAND), slug=slug, title=title)
