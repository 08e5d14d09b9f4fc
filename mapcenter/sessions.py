"""Sessions in the database, which is asked only for keys that it may have."""

from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    """Django's sessions. A cookie with anything but letters and digits names none.

    Cookies may hold any text. At a NUL PostgreSQL reports an error.
    """

    def __init__(self, session_key: str | None = None) -> None:
        is_key = session_key is not None and session_key.isascii() and session_key.isalnum()
        super().__init__(session_key if is_key else None)
