"""Log lines: their formats, and how many there may be."""

import http.client
import json
import logging
import sys
from contextlib import closing
from unittest import TestCase, mock

from django.test import TransactionTestCase

from mapcenter import logs
from mapcenter.logs import BURST, WINDOW, JsonFormatter, RateLimit, ShortRejections
from tests.support.server import ServeProcess


def line(message, *args, name="a", error=None):
    info = (type(error), error, None) if error else None
    return logging.LogRecord(name, logging.WARNING, __file__, 1, message, args, info)


class Rates(TestCase):
    def setUp(self):
        self.clock = self.enterContext(mock.patch.object(logs.time, "monotonic", return_value=0.0))
        self.limit = RateLimit()

    def test_lines_that_differ_in_their_arguments_are_one_kind(self):
        passed = [self.limit.filter(line("lost %s", n)) for n in range(BURST + 5)]

        self.assertEqual(passed, [True] * BURST + [False] * 5)

    def test_other_messages_and_loggers_have_rates_of_their_own(self):
        for n in range(BURST + 5):
            self.limit.filter(line("lost %s", n))

        self.assertTrue(self.limit.filter(line("back %s", 1)))
        self.assertTrue(self.limit.filter(line("lost %s", 1, name="b")))

    def test_a_line_may_be_limited_to_one_a_minute(self):
        passed = []
        for _ in range(3):
            record = line("full %s", 1)
            record.a_minute = 1
            passed.append(self.limit.filter(record))

        self.assertEqual(passed, [True, False, False])

    def test_next_line_says_how_many_were_left_out(self):
        for n in range(BURST + 5):
            self.limit.filter(line("lost %s", n))
        self.clock.return_value = WINDOW
        record = line("lost %s", "x")

        self.assertTrue(self.limit.filter(record))

        self.assertEqual(record.getMessage(), "lost x (5 more like this were left out)")


class Formats(TestCase):
    def test_json_has_the_parts_of_a_line(self):
        try:
            raise OSError("away")
        except OSError:
            record = logging.LogRecord(
                "a.b", logging.ERROR, __file__, 1, "lost “%s”", ("x",), sys.exc_info()
            )

        found = json.loads(JsonFormatter().format(record))

        self.assertEqual(
            (found["level"], found["logger"], found["message"]), ("error", "a.b", "lost “x”")
        )
        self.assertRegex(found["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$")
        self.assertTrue(found["traceback"].endswith("OSError: away"))

    def test_lines_name_their_time_zone(self):
        options = logs.logging_config("lines", "warning")["formatters"]["lines"]
        formatter = logging.Formatter(options["format"], options["datefmt"], options["style"])

        text = formatter.format(line("lost %s", 1))

        self.assertRegex(text, r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \w+ WARNING a: lost 1$")

    def test_suspicious_request_is_logged_without_a_traceback(self):
        for name, expected in (("django.security.DisallowedHost", False), ("a.b", True)):
            record = line("Invalid", name=name, error=ValueError("x"))

            self.assertTrue(ShortRejections().filter(record))

            self.assertEqual(bool(record.exc_info), expected)


class Floods(TransactionTestCase):
    def flood(self, server, method, path, **headers):
        """Send more requests than lines may be logged; return their statuses."""
        with closing(http.client.HTTPConnection("127.0.0.1", server.port)) as connection:
            statuses = set()
            for n in range(2 * BURST):
                connection.request(method, path.format(n), headers=headers)
                response = connection.getresponse()
                response.read()
                statuses.add(response.status)
        return statuses

    def test_foreign_hosts_missing_tokens_and_unknown_pages_do_not_fill_the_log(self):
        with ServeProcess(LOG_FORMAT="json") as server:
            self.assertEqual(self.flood(server, "GET", "/", Host="evil.example"), {400})
            self.assertEqual(self.flood(server, "POST", "/admin/login/?n={}"), {403})
            self.assertEqual(self.flood(server, "GET", "/nothing/{}"), {404})
            logged = [json.loads(text) for text in server.lines('"logger": "django.')]

        count = {name: 0 for name in ("django.security.DisallowedHost", "django.security.csrf")}
        for each in logged:
            self.assertNotIn("traceback", each)
            count[each["logger"]] += 1
        self.assertEqual(set(count.values()), {BURST})
        self.assertIn("evil.example", logged[0]["message"])
