"""Who may do what: the permissions of the desk, and the three groups that hold them."""

from broadcaster.domain.rejection import Forbidden

VIEW = "broadcaster.view_broadcast"
PREPARE = "broadcaster.prepare_broadcast"
TAKE = "broadcaster.take_broadcast"
RUN = "broadcaster.run_broadcast"
CORRECT = "broadcaster.correct_broadcast"
CONFIRM = "broadcaster.confirm_broadcast"
SCHEDULE = "broadcaster.schedule_broadcast"

TO_PUBLISH = {
    "update": TAKE,
    "hold": TAKE,
    "resume": TAKE,
    "correct": CORRECT,
    "start": RUN,
    "end": RUN,
}
"""What publishing a change of each kind takes."""

_WORDS = {
    VIEW: "see broadcasts",
    PREPARE: "prepare cues",
    TAKE: "take updates on air",
    RUN: "start or end a broadcast",
    CORRECT: "correct calls",
    CONFIRM: "confirm takes of others",
    SCHEDULE: "schedule cues",
}
"""What nobody may without the permission."""

CONTRIBUTOR = "Contributor"
BROADCASTER = "Broadcaster"
EDITOR = "Editor in charge"

_SEES = (
    "broadcaster.view_broadcast",
    "broadcaster.view_publication",
    "broadcaster.view_cue",
    "broadcaster.view_auditentry",
)
GROUPS = {
    CONTRIBUTOR: (*_SEES, PREPARE),
    BROADCASTER: (*_SEES, PREPARE, TAKE),
    EDITOR: (
        *_SEES,
        PREPARE,
        TAKE,
        RUN,
        CORRECT,
        CONFIRM,
        SCHEDULE,
        "broadcaster.add_broadcast",
        "broadcaster.change_broadcast",
        "broadcaster.delete_broadcast",
        "broadcaster.view_apitoken",
        "broadcaster.change_apitoken",
    ),
}
"""What the groups hold to begin with; an administrator may change them."""


def admit(user) -> None:
    """Raise `Forbidden` unless `user` may be at the desk at all."""
    if not (user.is_active and user.is_staff):
        raise Forbidden("You are logged out. Log in again.")
    require(user, VIEW)


def require(user, *permissions: str) -> None:
    """Raise `Forbidden` unless `user` holds one of `permissions`."""
    if not any(user.has_perm(permission) for permission in permissions):
        raise Forbidden(f"{user} may not {_WORDS[permissions[0]]}.")
