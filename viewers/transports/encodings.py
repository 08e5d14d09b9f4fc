"""Content encodings: whether a client takes a compressed response."""


def accepts_gzip(accept_encoding: str) -> bool:
    """Return whether a header Accept-Encoding allows gzip, by name or as `*` (RFC 9110, 12.5.3).

    A weight of 0 forbids an encoding; a weight that is no number counts as 0.
    """
    weights = {}
    for part in accept_encoding.lower().split(","):
        name, _, parameter = (piece.strip() for piece in part.partition(";"))
        weights[name] = _weight(parameter)
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0))) > 0


def _weight(parameter: str) -> float:
    name, _, value = (piece.strip() for piece in parameter.partition("="))
    if not parameter:
        return 1.0
    try:
        return float(value) if name == "q" else 1.0
    except ValueError:
        return 0.0
