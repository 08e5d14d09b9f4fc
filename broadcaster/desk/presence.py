"""The users who have the desk of a broadcast open, as one console knows them."""

GONE = 10.0  # seconds without an announcement, which a console sends every 3 s: then it is closed


class Presence:
    """The consoles that announced themselves lately, with their users. Times are in seconds."""

    def __init__(self) -> None:
        self._consoles: dict[str, tuple[float, str]] = {}  # by console: when, and its user

    def note(self, console: str, user: str, now: float) -> None:
        """Note that a console announced itself."""
        self._consoles[console] = now, user

    def others(self, me: str, now: float) -> list[str]:
        """Return the names of the other users, in their order."""
        self._consoles = {
            console: (then, user)
            for console, (then, user) in self._consoles.items()
            if now - then < GONE
        }
        return sorted({user for _, user in self._consoles.values()} - {me, ""})
