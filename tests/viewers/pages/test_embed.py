"""The frame's address and the code for it."""

from html.parser import HTMLParser

from django.http import QueryDict
from django.test import SimpleTestCase, TestCase

from broadcaster.models import Broadcast
from viewers.pages.embed import Options, code


def chosen(query):
    return Options.parse(QueryDict(query), 2020)


class Choices(SimpleTestCase):
    def test_what_is_not_understood_is_as_if_it_were_not_there(self):
        usual = chosen("")
        for query in ("theme=pink", "show=", "width=1", "height=-5", "width=٣٠٠", "layer=2020"):
            self.assertEqual(chosen(query), usual, query)

    def test_only_what_differs_from_the_usual_is_in_the_address(self):
        self.assertEqual(chosen("theme=auto&show=both&layer=").query, "")
        query = chosen("theme=dark&show=map&layer=2012&width=300").query
        self.assertEqual(query, "?theme=dark&show=map&layer=2012")
        self.assertEqual(chosen(query[1:]).query, query)


class Addresses(TestCase):
    def setUp(self):
        self.broadcast = Broadcast.objects.create(slug="night", title='"><script>', election=2020)

    def test_the_embed_may_be_framed_and_nothing_else(self):
        for path, framed in (("", False), ("embed/", True), ("embedding/", False)):
            headers = self.client.get(f"/broadcasts/night/{path}").headers
            ancestors = "frame-ancestors *" in headers["Content-Security-Policy"]
            self.assertEqual(ancestors, framed, path)
            self.assertEqual("X-Frame-Options" not in headers, framed, path)

    def test_an_earlier_election_is_as_it_ended_and_follows_nothing(self):
        response = self.client.get("/broadcasts/night/embed/?layer=2016")
        tally = response.context["picture"].tally
        self.assertEqual((tally.D, tally.R), (232, 306))
        self.assertContains(response, "The election of 2016")
        self.assertContains(response, "Clinton")
        self.assertNotContains(response, "<script")
        self.assertNotContains(response, "refresh")

    def test_it_may_be_cached_and_sets_no_cookie(self):
        for path in ("embed/", "embedding/"):
            response = self.client.get(f"/broadcasts/night/{path}")
            self.assertIn("public", response.headers["Cache-Control"])
            self.assertFalse(response.cookies)
            self.assertEqual(self.client.get(f"/broadcasts/day/{path}").status_code, 404)

    def test_the_code_is_one_frame_whatever_the_title(self):
        found = []

        class Parser(HTMLParser):
            def handle_starttag(self, tag, attrs):
                found.append((tag, dict(attrs)))

        Parser().feed(code(self.broadcast, "https://a.example/?b&c", chosen("")))
        [(tag, attributes)] = found
        self.assertEqual(tag, "iframe")
        self.assertEqual(attributes["src"], "https://a.example/?b&c")
        self.assertEqual(attributes["title"], '"><script>, live map')
        self.assertNotContains(self.client.get("/broadcasts/night/embedding/"), "<script>,")
