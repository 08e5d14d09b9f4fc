"""Numbers with what they count, for English texts that are not translated."""


def quantity(number: int, noun: str) -> str:
    """Return "1 viewer" or "1,234 viewers". `noun` is one whose plural ends in a plain s."""
    return f"{number:,} {noun if number == 1 else f'{noun}s'}"
