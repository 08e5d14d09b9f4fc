"""Django's SQLite, with connections that stay open between requests.

Opening one costs as much as four queries, and closing the last one moves SQLite's log into the
file. Django loads this module as the database's `ENGINE`.
"""

import os
from typing import Any

from django.db.backends.sqlite3 import base


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection of one thread, which is opened anew once its file is not in its place any more.

    Someone who moves a backup into that place would otherwise see it only after a restart, and
    what is published until then would be lost with the old file.
    """

    opened: tuple[int, int] | None

    def get_new_connection(self, conn_params: Any) -> Any:
        connection = super().get_new_connection(conn_params)
        self.opened = self.in_place()
        return connection

    def is_usable(self) -> bool:
        """Return whether the file is still in its place. Django asks at the start of a request."""
        return self.opened == self.in_place()

    def in_place(self) -> tuple[int, int] | None:
        """Return what identifies the file at the database's path; None if there is none."""
        try:
            found = os.stat(self.settings_dict["NAME"])
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino
