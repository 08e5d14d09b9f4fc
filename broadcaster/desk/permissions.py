"""The permissions of the desk, and the three groups that hold them."""

from broadcaster.domain.change import Kind
from broadcaster.domain.rejection import Forbidden

VIEW = "broadcaster.view_broadcast"
PREPARE = "broadcaster.prepare_broadcast"
TAKE = "broadcaster.take_broadcast"
RUN = "broadcaster.run_broadcast"
CORRECT = "broadcaster.correct_broadcast"
CONFIRM = "broadcaster.confirm_broadcast"
SCHEDULE = "broadcaster.schedule_broadcast"
EDIT_CONTEST = "broadcaster.edit_contest"

TO_PUBLISH = {
    Kind.UPDATE: TAKE,
    Kind.HOLD: TAKE,
    Kind.RESUME: TAKE,
    Kind.CORRECT: CORRECT,
    Kind.START: RUN,
    Kind.END: RUN,
}
"""The permission to publish a change of each kind."""

_ACTIONS = {
    VIEW: "see broadcasts",
    PREPARE: "prepare cues",
    TAKE: "take updates on air",
    RUN: "start or end a broadcast",
    CORRECT: "correct calls",
    CONFIRM: "confirm takes of others",
    SCHEDULE: "schedule cues",
}
"""The action that each permission allows, as it follows “may not” in a sentence."""

CONTRIBUTOR = "Contributor"
BROADCASTER = "Broadcaster"
EDITOR = "Editor in charge"

_VIEWS = (
    "broadcaster.view_broadcast",
    "broadcaster.view_publication",
    "broadcaster.view_cue",
    "broadcaster.view_auditentry",
    "broadcaster.view_contestdocument",
)
GROUPS = {
    CONTRIBUTOR: (*_VIEWS, PREPARE),
    BROADCASTER: (*_VIEWS, PREPARE, TAKE),
    EDITOR: (
        *_VIEWS,
        PREPARE,
        TAKE,
        RUN,
        CORRECT,
        CONFIRM,
        SCHEDULE,
        EDIT_CONTEST,
        "broadcaster.add_broadcast",
        "broadcaster.change_broadcast",
        "broadcaster.delete_broadcast",
        "broadcaster.view_apitoken",
        "broadcaster.change_apitoken",
    ),
}
"""The permissions of new groups; an administrator may change them."""


def check_access(user) -> None:
    """Raise `Forbidden` unless `user` may use the desk."""
    if not (user.is_active and user.is_staff):
        raise Forbidden("You are logged out. Log in again.")
    require(user, VIEW)


def require(user, *permissions: str) -> None:
    """Raise `Forbidden` unless `user` holds one of `permissions`."""
    if not any(user.has_perm(permission) for permission in permissions):
        raise Forbidden(f"{user} may not {_ACTIONS[permissions[0]]}.")
