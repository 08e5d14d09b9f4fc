"""Who may do what: the permissions of the desk, and the three groups that hold them."""

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


def may(user, kind: str) -> bool:
    """Whether this user may publish a change of this kind."""
    return user.has_perm(TO_PUBLISH[kind])
