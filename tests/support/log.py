"""Publishing in tests."""

from broadcaster.models import Via
from broadcaster.publishing import publish as gate
from broadcaster.publishing.actor import Actor


def publish(broadcast, change, *, by=None, **options):
    """Publish a change from the command line, or in the name of `by`.

    Like a replay it may repeat what viewers see already, so tests can set up any log.
    """
    options = {"replayed": True, **options}
    return gate.publish(broadcast, change, Actor(by, Via.COMMAND), **options)


def store(recording, *, slug, title):
    """Make a broadcast from a recording, as an import does."""
    return gate.publish_recording(recording, Actor(None, Via.COMMAND), slug=slug, title=title)
