"""A server and browsers at a time of the night, and the list of the states that they play."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from broadcaster.models import Broadcast
from tests.looks import sheet
from tests.looks.evening import Night, set_clock
from tests.support.browser import Visit, chromium
from tests.support.server import ROOT, ServeProcess

PICTURES = ROOT / "docs/pictures"
READ = timedelta(seconds=50)  # how long after the last update viewers look at the page


class Size(NamedTuple):
    """A screen in pixels, the row of the picture that it is in, and its scale there."""

    width: int
    height: int
    row: int
    scale: float = 1

    @property
    def is_phone(self) -> bool:
        return self.width < TOUCHED

    @property
    def density(self) -> int:
        """Dots of the screen for each pixel, along one side."""
        return 2 if self.is_phone else 1


PAGE = (Size(1440, 900, 0, 0.6), Size(360, 780, 1, 0.85), Size(320, 780, 1, 0.85))
BOARD = (Size(1920, 1080, 0, 0.45), Size(1280, 720, 1, 0.675), Size(720, 405, 2))
FRAME = (Size(640, 864, 0), Size(360, 400, 1), Size(320, 400, 1))
TOUCHED = 500  # pixels: narrower screens are phones


Play = Callable[["Studio"], list[Visit]]


class State(NamedTuple):
    """A state, by the function that plays it and returns a page in each of its sizes."""

    name: str
    play: Play
    sizes: tuple[Size, ...]
    whole: bool


class States(list[State]):
    """The states of one kind of page."""

    def add(self, name: str, sizes: tuple[Size, ...] = PAGE, whole: bool = False):
        """Return a decorator that adds a state. Its picture shows the `whole` page, or the first
        screenful."""

        def add(play: Play) -> Play:
            self.append(State(name, play, sizes, whole))
            return play

        return add


class Studio:
    """Where states are played: `server` and `browser`, from the first call of `at` on."""

    server: ServeProcess
    browser: Any

    def __init__(self) -> None:
        self.running = ExitStack()
        self.now: datetime | None = None
        self.visits: list[Visit] = []

    def __enter__(self) -> "Studio":
        return self

    def __exit__(self, *exc: object) -> None:
        self.running.close()

    def at(self, now: datetime) -> None:
        """Go to a time: server and browser start anew, unless they started at that time."""
        if now == self.now:
            return
        self.running.close()
        set_clock(now)
        self.server = self.running.enter_context(ServeProcess())
        self.browser = self.running.enter_context(chromium())
        self.now = now

    def stop_server(self) -> None:
        """Stop the server. `at` starts another one."""
        self.server.stop()
        self.now = None

    def watch(self, night: Night) -> Night:
        """Go to the time soon after the night's last update."""
        self.at(Broadcast.objects.get(pk=night.broadcast.pk).at + READ)
        return night

    def open(
        self, path: str, sizes: tuple[Size, ...] = PAGE, user: Any = None, **options: Any
    ) -> list[Visit]:
        """Open a page in several sizes, logged in as a user if one is given."""
        visits = []
        for size in sizes:
            visit = Visit(
                self.browser,
                self.server,
                viewport={"width": size.width, "height": size.height},
                device_scale_factor=size.density,
                has_touch=size.is_phone,
                reduced_motion="reduce",
                **options,
            )
            self.visits.append(visit)
            visits.append(visit)
            if user:
                visit.log_in_as(user)
            visit.open(path)
        for visit in visits:
            visit.page.wait_for_load_state("networkidle")
        return visits

    def close_pages(self) -> None:
        """Close all pages. Raises AssertionError for errors of their scripts."""
        for visit in self.visits:
            visit.context.close()
            assert not visit.errors, visit.errors
        self.visits.clear()

    def keep(self, name: str, page: Any, **options: Any) -> None:
        """Save what a page, or an element of it, shows as docs/pictures/NAME.png."""
        png = page.screenshot(animations="disabled", **options)
        sheet.save_alone(png, PICTURES / f"{name}.png")
