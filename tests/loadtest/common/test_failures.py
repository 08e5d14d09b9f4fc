"""Failed connections, attributed to the client or to the server."""

import errno
from unittest import TestCase

from picows import WSHandshakeError, WSUpgradeResponse

from loadtest.common import failures


class Attribution(TestCase):
    def test_limits_of_this_machine_are_the_clients_failure(self):
        for code in (errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL, errno.ENOBUFS):
            self.assertEqual(failures.of_error(OSError(code, "")).side, "client")

    def test_refused_and_reset_connections_are_the_servers_failure(self):
        self.assertEqual(
            failures.of_error(ConnectionRefusedError(errno.ECONNREFUSED, "")).reason, "refused"
        )
        self.assertEqual(
            failures.of_error(ConnectionResetError(errno.ECONNRESET, "")).reason, "reset"
        )
        self.assertEqual(failures.of_error(TimeoutError()), failures.TIMEOUT)

    def test_error_responses_and_close_codes_are_the_servers_failure(self):
        response = WSUpgradeResponse.create_error_response(503)
        denied = WSHandshakeError("denied", response=response)
        self.assertEqual(failures.of_error(denied), failures.of_status(503))
        self.assertEqual(str(failures.of_status(503)), "server: HTTP 503 Service Unavailable")
        self.assertEqual(str(failures.of_status(599)), "server: HTTP 599")
        self.assertEqual(str(failures.of_close(4100)), "server: closed with 4100")

    def test_other_errors_are_attributed_to_neither_side(self):
        self.assertEqual(failures.of_error(ValueError("?")).side, "unknown")
