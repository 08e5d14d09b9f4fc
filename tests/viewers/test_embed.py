"""The frame's address and the code for it."""

from html.parser import HTMLParser

from django.http import QueryDict
from django.test import SimpleTestCase, TestCase

from broadcaster.models import Broadcast
from viewers.embed import Options, code


class Choices(SimpleTestCase):
    def test_what_is_not_understood_is_as_if_it_were_not_there(self):
        usual = Options.parse(QueryDict())
        for query in ("theme=pink", "show=", "width=1", "height=-5", "width=٣٠٠", "width=9" * 9):
            self.assertEqual(Options.parse(QueryDict(query)), usual, query)

    def test_only_what_differs_from_the_usual_is_in_the_address(self):
        self.assertEqual(Options.parse(QueryDict("theme=auto&show=both")).query, "")
        chosen = Options.parse(QueryDict("theme=dark&show=map&width=300"))
        self.assertEqual(chosen.query, "?theme=dark&show=map")
        self.assertEqual(Options.parse(QueryDict(chosen.query[1:])).theme, "dark")


class Addresses(TestCase):
    def setUp(self):
        self.broadcast = Broadcast.objects.create(slug="night", title='"><script>', election=2020)

    def test_the_embed_may_be_framed_and_nothing_else(self):
        for path, framed in (("", False), ("embed/", True), ("embedding/", False)):
            headers = self.client.get(f"/broadcasts/night/{path}").headers
            ancestors = "frame-ancestors *" in headers["Content-Security-Policy"]
            self.assertEqual(ancestors, framed, path)
            self.assertEqual("X-Frame-Options" not in headers, framed, path)

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

        Parser().feed(code(self.broadcast, "https://a.example/?b&c", Options.parse(QueryDict())))
        [(tag, attributes)] = found
        self.assertEqual(tag, "iframe")
        self.assertEqual(attributes["src"], "https://a.example/?b&c")
        self.assertEqual(attributes["title"], '"><script>, live map')
        self.assertNotContains(self.client.get("/broadcasts/night/embedding/"), "<script>,")
