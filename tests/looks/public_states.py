"""The states of the front page, the board, the embedded map, the replay and the calculator."""

from datetime import timedelta

from broadcaster.domain.contest import shipped
from broadcaster.models import Broadcast
from tests.looks.evening import DEMO, Night, moment
from tests.looks.page_states import click, middle, wait_for
from tests.looks.studio import BOARD, FRAME, States, Studio
from tests.support.browser import Visit
from viewers.pages.scenario import encode

STATES = States()
BATTLEGROUNDS = {"PA": "D", "MI": "D", "WI": "D", "GA": "R"}


def list_only(*nights: Night) -> None:
    """Let the front page list these broadcasts alone."""
    Broadcast.objects.update(listed=False)
    Broadcast.objects.filter(pk__in=[night.broadcast.pk for night in nights]).update(listed=True)


def past() -> Night:
    """Return the evening of 2020, over."""
    return Night(DEMO, source="").play("11:59 pm")


def coming() -> Night:
    """Return a broadcast of the next election."""
    ids = {"senate": "us-senate-2026", "governors": "us-governors-2026"}
    return Night(title="Midterms 2026", ids=ids, starts_at=moment("7:00 pm") + timedelta(days=728))


@STATES.add("front-empty")
def front_empty(studio: Studio) -> list[Visit]:
    list_only()
    studio.at(moment("6:20 pm"))
    return studio.open("/")


@STATES.add("front-coming")
def front_coming(studio: Studio) -> list[Visit]:
    list_only(Night(starts_at=moment("7:00 pm")), coming(), past())
    studio.at(moment("6:20 pm"))
    return studio.open("/")


@STATES.add("front-live")
def front_live(studio: Studio) -> list[Visit]:
    list_only(middle(studio), coming(), past())
    return studio.open("/")


@STATES.add("front-past")
def front_past(studio: Studio) -> list[Visit]:
    night = Night().play("4:01 am")
    list_only(night, past())
    studio.at(moment("9:10 am"))
    return studio.open("/")


@STATES.add("board-before", BOARD)
def board_before(studio: Studio) -> list[Visit]:
    night = Night(starts_at=moment("7:00 pm"))
    studio.at(moment("6:20 pm"))
    return studio.open(f"{night.path}board/", BOARD)


@STATES.add("board-live", BOARD)
def board_live(studio: Studio) -> list[Visit]:
    visits = studio.open(f"{middle(studio).path}board/", BOARD)
    studio.keep("board", visits[1].page)
    return visits


@STATES.add("board-decided", BOARD)
def board_decided(studio: Studio) -> list[Visit]:
    return studio.open(f"{studio.watch(Night().play('1:41 am')).path}board/", BOARD)


@STATES.add("board-final", BOARD)
def board_final(studio: Studio) -> list[Visit]:
    return studio.open(f"{studio.watch(Night().play('4:01 am')).path}board/", BOARD)


@STATES.add("embed-before", FRAME, whole=True)
def embed_before(studio: Studio) -> list[Visit]:
    night = Night(starts_at=moment("7:00 pm"))
    studio.at(moment("6:20 pm"))
    return studio.open(f"{night.path}embed/", FRAME)


@STATES.add("embed-live", FRAME, whole=True)
def embed_live(studio: Studio) -> list[Visit]:
    return studio.open(f"{middle(studio).path}embed/", FRAME)


@STATES.add("embed-final", FRAME, whole=True)
def embed_final(studio: Studio) -> list[Visit]:
    return studio.open(f"{studio.watch(Night().play('4:01 am')).path}embed/", FRAME)


@STATES.add("embed-code")
def embed_code(studio: Studio) -> list[Visit]:
    visits = studio.open(f"{middle(studio).path}embedding/")
    studio.keep("embedding", visits[0].page)
    return visits


def replay(studio: Studio, query: str) -> list[Visit]:
    """Open the replay of the evening of 2020."""
    night = past()
    studio.at(night.moment("9:10 am"))
    visits = studio.open(f"{night.path}replay/{query}")
    return wait_for(visits, '[data-part="slider"]:enabled')


@STATES.add("replay-start")
def replay_start(studio: Studio) -> list[Visit]:
    return replay(studio, "?t=0")


@STATES.add("replay-middle")
def replay_middle(studio: Studio) -> list[Visit]:
    visits = replay(studio, "?t=4500")
    studio.keep("replay", visits[0].page)
    return visits


@STATES.add("replay-end")
def replay_end(studio: Studio) -> list[Visit]:
    visits = replay(studio, "")
    for visit in visits:
        visit.page.press('[data-part="slider"]', "End")
    return visits


def calculator(studio: Studio, query: str) -> list[Visit]:
    """Open the calculator of the middle of the night."""
    visits = studio.open(f"{middle(studio).path}calculator/?contest=president&{query}")
    return wait_for(visits, '.map[role="application"]')


@STATES.add("calculator-empty")
def calculator_empty(studio: Studio) -> list[Visit]:
    return calculator(studio, "from=nothing")


@STATES.add("calculator-half-filled")
def calculator_half_filled(studio: Studio) -> list[Visit]:
    code = encode(BATTLEGROUNDS, shipped("us-president-2024"))
    return calculator(studio, f"s={code}&keep=on")


@STATES.add("calculator-won")
def calculator_won(studio: Studio) -> list[Visit]:
    return click(calculator(studio, "from=0"), '.boxes [data-unit="ME-2"]')
