"""The users who have the desk of a broadcast open, as one console knows them."""

from typing import NamedTuple

GONE = 10.0  # seconds without an announcement, which a console sends every 3 s: then it is gone


class Person(NamedTuple):
    """A user at the desk, and whether the user may confirm takes."""

    name: str
    may_confirm: bool


NOBODY = Person("", may_confirm=False)  # of a console that was closed


class Presence:
    """The consoles that announced themselves lately, with their users. Times are in seconds."""

    def __init__(self) -> None:
        self._consoles: dict[str, tuple[float, Person]] = {}  # by console: when, and its user

    def note(self, console: str, user: Person, now: float) -> None:
        """Note that a console announced itself; with `NOBODY`, that it was closed."""
        self._consoles[console] = now, user

    def others(self, me: str, now: float) -> list[Person]:
        """Return the other users, in the order of their names."""
        self._consoles = {
            console: (then, user)
            for console, (then, user) in self._consoles.items()
            if now - then < GONE
        }
        users = {user for _, user in self._consoles.values()}
        return sorted(user for user in users if user.name not in (me, ""))
