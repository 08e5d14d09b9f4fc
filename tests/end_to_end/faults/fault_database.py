"""A database that takes no writes, or is away: every request is answered, and nothing is cut."""

import contextlib
from unittest import TestCase

import psycopg
from websockets.exceptions import ConnectionClosed

from tests.end_to_end.faults.site import Site, command, frame
from tests.support.server import postgres, wait_for

START = {"kind": "start"}
OHIO = {"view": {"focus": "OH"}}


class DatabaseInTrouble(TestCase):
    def setUp(self):
        self.database = self.enterContext(contextlib.ExitStack())
        self.address = self.database.enter_context(postgres())
        self.site = Site(self.address)
        self.enterContext(self.site.server)
        self.assertEqual(self.site.publish(START)[0], 201)
        self.socket = self.enterContext(self.site.console())
        frame(self.socket, "rundown")

    def sql(self, statement):
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute("SET default_transaction_read_only = off")
            connection.execute(statement)

    def check_not_done(self):
        """Check that no way in publishes, and that each says so."""
        status, answer, headers = self.site.publish(OHIO, client_id="one")
        self.assertEqual(status, 503, answer)
        self.assertIn("Not done", answer["error"])
        self.assertIn("Retry-After", headers)
        status, answer = self.site.post_command({"command": "take", "change": OHIO})
        self.assertEqual(status, 503, answer)
        self.assertIn("Not done", answer["error"])
        answer = command(self.socket, command="take", change=OHIO)
        self.assertEqual((answer["id"], answer["status"]), (7, 503))
        self.assertIn("Not done", answer["error"])
        wait_for(lambda: self.site.request("/readyz")[0] == 503, "the server not to be ready")

    def check_again(self):
        """Check that all works again, on the same socket."""
        wait_for(lambda: self.site.publish(OHIO, client_id="one")[0] == 201, "the API to work")
        answer = command(self.socket, command="take", change={"view": {"focus": "PA"}})
        self.assertEqual((answer["status"], answer["seq"]), (201, 3), answer)
        wait_for(lambda: self.site.request("/readyz")[0] == 200, "the server to be ready")
        lines = self.site.server.output().splitlines()
        self.assertLess(len([line for line in lines if "WARNING" in line or "ERROR" in line]), 12)

    def test_a_database_that_is_read_only(self):
        self.sql("ALTER DATABASE postgres SET default_transaction_read_only = on")
        self.check_not_done()
        self.assertEqual(self.site.request("/broadcasts/night/")[0], 200)

        self.sql("ALTER DATABASE postgres RESET default_transaction_read_only")
        self.check_again()

    def test_a_database_that_is_away(self):
        self.database.close()

        self.check_not_done()
        with self.site.console() as late:
            with self.assertRaises(ConnectionClosed) as closed:
                late.recv(10)
            self.assertEqual(closed.exception.rcvd.code, 1013)
