"""Viewers' pages in Spanish: by their address alone, and every word but the newsroom's."""

import json
import re

from django.test import SimpleTestCase, TestCase
from django.utils.translation import get_language

from broadcaster.management import evening
from broadcaster.models import Broadcast
from tests.support.log import publish
from tests.support.words import Words, english_in
from tools import messages

PAGES = ("", "replay/", "calculator/", "embed/", "embedding/", "?at=4")


class Languages(TestCase):
    def setUp(self):
        self.night = Broadcast.objects.create(slug="night", title="Night", election=2020)
        for _, change in list(evening.script())[:10]:
            publish(self.night, change)

    def get(self, path="", **options):
        return self.client.get(f"/es/broadcasts/night/{path}", **options)

    def test_every_page_is_spanish_but_for_what_the_newsroom_wrote(self):
        for path in ("/es/", "/es/nothing/", *(f"/es/broadcasts/night/{page}" for page in PAGES)):
            page = self.client.get(path)
            self.assertEqual(page.headers["Content-Language"], "es")
            self.assertEqual(english_in(page.text), [], path)

    def test_what_the_newsroom_wrote_is_marked_as_english(self):
        headline = Broadcast.objects.get().state.to_dict()["story"]["headline"]
        for path in ("", "replay/", "embed/", "?at=10"):
            words = Words(self.get(path).text).found
            told = {language for language, text in words if text == headline}
            self.assertEqual(told, {"en"}, path)

    def test_the_address_alone_decides_so_everyone_may_share_a_cache(self):
        self.client.cookies["django_language"] = "es"
        english = self.client.get("/broadcasts/night/", headers={"Accept-Language": "es"})
        spanish = self.get(headers={"Accept-Language": "en"})
        for page, language in ((english, "en"), (spanish, "es")):
            self.assertContains(page, f'<html lang="{language}"')
            self.assertNotRegex(page.headers.get("Vary", ""), "(?i)language|cookie")
            self.assertIn("public", page.headers["Cache-Control"])

    def test_the_switch_leads_to_the_same_page(self):
        for path in ("", "?at=4", "replay/?t=60", "calculator/?from=2016"):
            here = f"/broadcasts/night/{path}"
            for ours, theirs, language in ((here, f"/es{here}", "es"), (f"/es{here}", here, "en")):
                page = self.client.get(ours).text
                nav = re.search(r'<nav class="languages".*?</nav>', page)[0]
                self.assertIn(f'href="{theirs}" lang="{language}" hreflang="{language}"', nav)

    def test_a_page_that_does_not_exist_has_no_switch(self):
        self.assertNotContains(self.client.get("/es/nothing/"), "hreflang", status_code=404)

    def test_scripts_have_one_address_for_data_in_every_language(self):
        for path in ("", "embed/"):
            self.assertContains(self.get(path), '"address": "/broadcasts/night/"')
        self.assertEqual(self.get("recording.json").status_code, 404)
        self.assertContains(self.get("replay/"), '"file": "/broadcasts/night/recording.json')

    def test_nginx_keeps_the_pages_that_all_ask_for_in_either_language(self):
        kept = re.search(r"location ~ (\S+) {", (messages.ROOT / "deploy/nginx.conf").read_text())[
            1
        ]
        for path in ("", "broadcasts/night/", "broadcasts/night/embed/"):
            for address in (f"/{path}", f"/es/{path}"):
                self.assertRegex(address, kept)

    def test_what_comes_after_a_spanish_page_is_english(self):
        self.get()
        self.assertEqual(get_language(), "en")

    def test_the_console_stays_english(self):
        self.assertContains(self.client.get("/admin/login/"), "Log in")
        self.assertEqual(self.client.get("/es/admin/").status_code, 404)

    def test_coordinates_are_written_as_browsers_read_them(self):
        for path in ("", "picture.png"):
            self.assertEqual(self.get(path).status_code, 200)
        self.assertNotRegex(self.get().text, r'(font-size|data-room|transform)="[^"]*\d,\d')

    def test_an_embed_keeps_its_language(self):
        self.assertContains(self.get("embedding/"), "testserver/es/broadcasts/night/embed/")


class Catalogues(SimpleTestCase):
    def test_it_is_whole_and_compiled(self):
        marked = {(message.id, message.context) for message in messages.marked() if message.id}
        catalog = messages.read("es")
        found = {(message.id, message.context): message for message in catalog if message.id}
        self.assertEqual(set(found), marked, "run make messages")
        for message in found.values():
            self.assertTrue(messages.all_of(message.string), f"{message.id} is not translated")
            self.assertFalse(message.fuzzy, message.id)
            self.assertEqual(placeholders(message.string), placeholders(message.id), message.id)
        _, mo, scripts = messages.files("es")
        for path, kind in messages.sources():
            if kind == "javascript":
                said = set(re.findall(r'gettext(?:_noop)?\(\s*"([^"]+)"', path.read_text()))
                self.assertLessEqual(said, set(json.loads(scripts.read_text())), path.name)
        self.assertEqual((mo.read_bytes(), scripts.read_text()), messages.compiled(catalog))


def placeholders(text):
    texts = [text] if isinstance(text, str) else text
    return set(re.findall(r"%\(\w+\)s|%s", " ".join(texts)))
