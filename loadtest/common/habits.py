"""What viewers do besides watching, and the options of the command line that say so."""

import re
from dataclasses import dataclass

MOST_CHURN = 6.0  # times per minute that every viewer may leave
SHARE = re.compile(r"(\d+(?:\.\d+)?)%")
RATE = re.compile(r"(\d+(?:\.\d+)?)%/min")


@dataclass(frozen=True, slots=True)
class Habits:
    """Shares of all viewers, from 0 to 1; `churn` is the share that leaves in a minute.

    Viewers of the last three kinds are different ones.
    """

    churn: float = 0.0  # leave and come back
    asleep: float = 0.0  # vanish without closing the connection, and come back
    slow: float = 0.0  # never read
    fallback: float = 0.0  # get no frame over the WebSocket, and fall back to long poll


def parse_share(option: str, text: str) -> float:
    """Parse "10%" as 0.1. Raises ValueError with a message for the command line."""
    found = SHARE.fullmatch(text)
    if found is None:
        raise ValueError(f"{option}: {text!r} is not a share of the viewers, such as 10%")
    share = float(found[1]) / 100
    if share > 1:
        raise ValueError(f"{option}: {text} is more than all viewers, 100%")
    return share


def parse_churn(option: str, text: str) -> float:
    """Parse "5%/min" as 0.05. Raises ValueError with a message for the command line."""
    found = RATE.fullmatch(text)
    if found is None:
        raise ValueError(f"{option}: {text!r} is not a share of the viewers a minute: 5%/min")
    rate = float(found[1]) / 100
    if rate > MOST_CHURN:
        raise ValueError(f"{option}: {text} is more than {MOST_CHURN:.0%}/min, once every 10 s")
    return rate
