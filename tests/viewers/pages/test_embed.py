"""The embed: its options, its page, and the HTML code for other sites."""

from html.parser import HTMLParser

from django.http import QueryDict
from django.test import SimpleTestCase, TestCase

from broadcaster.models import Broadcast
from tests.support.contests import president, show
from viewers.pages.embed import EmbedOptions
from viewers.pages.embedding import embed_code

SHOW = show(president="us-president-2020", lakeland="lakeland-2027")


def parse(query):
    """Return the options of the frame of a broadcast of 2020 and Lakeland."""
    return EmbedOptions.parse(QueryDict(query), SHOW)


class EmbedOptionsTests(SimpleTestCase):
    def test_unknown_options_and_values_are_ignored(self):
        defaults = parse("")
        for query in ("theme=pink", "show=", "width=1", "height=-5", "width=٣٠٠", "layer=2020"):
            self.assertEqual(parse(query), defaults, query)

    def test_layer_is_an_earlier_outcome_of_the_contest(self):
        self.assertEqual(parse("contest=lakeland&layer=2023").layer_title, "2023")
        self.assertEqual(parse("contest=lakeland&layer=2016").layer, "")
        self.assertEqual(parse("contest=senate&layer=2016").contest, "")

    def test_default_options_are_left_out_of_the_address(self):
        self.assertEqual(parse("theme=auto&show=both&layer=").query, "")
        query = parse("theme=dark&show=map&layer=2012&width=300").query
        self.assertEqual(query, "?theme=dark&show=map&layer=1")
        self.assertEqual(parse(query[1:]).query, query)


class EmbedPageTests(TestCase):
    def setUp(self):
        self.broadcast = Broadcast.objects.create(
            slug="night", title='"><script>', contests=president(2020)
        )

    def test_number_of_thousands_of_digits_is_ignored(self):
        digits = "0" * 5000 + "500"
        self.assertEqual(
            self.client.get(f"/broadcasts/night/embed/?width={digits}").status_code, 200
        )

    def test_only_the_embed_may_be_framed(self):
        for path, framed in (("", False), ("embed/", True), ("embedding/", False)):
            headers = self.client.get(f"/broadcasts/night/{path}").headers
            ancestors = "frame-ancestors *" in headers["Content-Security-Policy"]
            self.assertEqual(ancestors, framed, path)
            self.assertEqual("X-Frame-Options" not in headers, framed, path)

    def test_earlier_election_shows_its_results_and_has_no_script(self):
        response = self.client.get("/broadcasts/night/embed/?layer=2016")
        totals = response.context["picture"].tally.totals
        self.assertEqual((totals["D"], totals["R"]), (232, 306))
        self.assertContains(response, "2016")
        self.assertContains(response, "Clinton")
        self.assertNotContains(response, "<script")
        self.assertNotContains(response, "refresh")

    def test_pages_may_be_cached_and_set_no_cookie(self):
        for path in ("embed/", "embedding/"):
            response = self.client.get(f"/broadcasts/night/{path}")
            self.assertIn("public", response.headers["Cache-Control"])
            self.assertFalse(response.cookies)
            self.assertEqual(self.client.get(f"/broadcasts/day/{path}").status_code, 404)

    def tags(self, query=""):
        """Return the elements of the code, each with its attributes."""
        found = []

        class Parser(HTMLParser):
            def handle_starttag(self, tag, attrs):
                found.append((tag, dict(attrs)))

        script = "https://a.example/resize.js?b&c"
        Parser().feed(embed_code(self.broadcast, "https://a.example/?b&c", parse(query), script))
        return found

    def test_code_escapes_the_title(self):
        [(tag, attributes), script] = self.tags()
        self.assertEqual(tag, "iframe")
        self.assertEqual(attributes["src"], "https://a.example/?b&c")
        self.assertEqual(attributes["title"], '"><script>, live map')
        self.assertEqual(
            script, ("script", {"async": None, "src": "https://a.example/resize.js?b&c"})
        )
        self.assertNotContains(self.client.get("/broadcasts/night/embedding/"), "<script>,")

    def test_frame_with_a_height_or_without_a_script_keeps_its_height(self):
        for query in ("height=500", "layer=2016"):
            self.assertEqual([tag for tag, _ in self.tags(query)], ["iframe"], query)
            page = self.client.get(f"/broadcasts/night/embedding/?{query}")
            self.assertContains(page, " data-fixed></iframe>")
