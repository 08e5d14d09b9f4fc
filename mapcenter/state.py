"""The state directory, with the files that this machine makes and keeps.

Settings only read from it. `prepare_state` makes it, and `manage.py` and `mapcenter.asgi` call that
before Django reads its settings.
"""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from mapcenter.env import InvalidVariable, env_text

BASE_DIR = Path(__file__).resolve().parent.parent
STATE_DIRECTORY = Path(env_text("STATE_DIRECTORY", str(BASE_DIR / "var")))
STATIC_ROOT = STATE_DIRECTORY / "static"
SECRET_KEY_FILE = STATE_DIRECTORY / "secret-key"


def prepare_state() -> None:
    """Make the state directory, the folder of static files in it, and a secret key.

    Existing files are not changed. Raises `InvalidVariable` if the directory cannot be written.
    """
    try:
        STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns if it is missing
        if not (env_text("SECRET_KEY") or SECRET_KEY_FILE.exists()):
            make_secret_key()
    except OSError as error:
        raise InvalidVariable(
            f"STATE_DIRECTORY is {STATE_DIRECTORY}, and {error.filename} cannot be made: "
            f"{error.strerror}. Set it to a directory that this user may write."
        ) from error


def make_secret_key() -> None:
    """Write a random key to a file that only its owner can read. Raises OSError.

    Of several processes that start at once, one creates the file and all use its key: it gets its
    name when it is complete.
    """
    with tempfile.NamedTemporaryFile("w", dir=STATE_DIRECTORY) as file:
        file.write(secrets.token_urlsafe(50))
        file.flush()
        with contextlib.suppress(FileExistsError):
            os.link(file.name, SECRET_KEY_FILE)


def secret_key() -> str:
    """Return SECRET_KEY, or the key in the state directory, or one for this process alone.

    The last serves programs that only import the settings, such as a type checker.
    Raises `InvalidVariable` if another user made the key.
    """
    if key := env_text("SECRET_KEY"):
        return key
    try:
        return SECRET_KEY_FILE.read_text().strip()
    except FileNotFoundError:
        return secrets.token_urlsafe(50)
    except OSError as error:
        raise InvalidVariable(
            f"SECRET_KEY is not set, and {SECRET_KEY_FILE} cannot be read: {error.strerror}. "
            "Run this as the user who runs the server, or set SECRET_KEY."
        ) from error
