"""The page of a search for the limit."""

from unittest import TestCase

from loadtest.control.limit import Search
from loadtest.control.limit_page import as_html
from tests.loadtest.control.test_limit import THRESHOLD, step


class LimitPage(TestCase):
    def page(self, *steps):
        return as_html(Search(500, 20_000), steps, [THRESHOLD])

    def test_page_has_the_limit_and_a_row_for_each_step_with_its_report(self):
        page = self.page(step(500), step(750, last=2000.0))
        self.assertIn('class="banner passed"', page)
        self.assertIn("<strong>holds 500, fails at 750</strong>", page)
        self.assertIn('<a href="1-500/report.html">500</a>', page)
        self.assertIn('<tr class="bad"><th scope="row"><a href="2-750/report.html">750', page)
        self.assertIn(">last&gt;1000<", page)
        self.assertEqual(page.count("<svg"), 2)  # for wide and for narrow screens

    def test_invalid_step_says_why_and_makes_the_result_invalid(self):
        page = self.page(step(500), step(750, invalid=True), step(750, invalid=True))
        self.assertIn('class="banner invalid"', page)
        self.assertIn("invalid: a simulator used 95% of a core", page)

    def test_server_that_fails_at_once_has_no_limit(self):
        self.assertIn('class="banner failed"', self.page(step(500, last=2000.0)))
