"""Pages in Spanish: their addresses, their texts, and the message catalogues."""

import contextlib
import re
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.test import SimpleTestCase, TestCase
from django.utils.translation import get_language, override

from broadcaster.management.evening import Evening
from broadcaster.models import Broadcast
from tests.support.contests import president
from tests.support.log import publish
from tests.support.words import Words, english_in
from tools import messages
from viewers.pages.wording import script_words

PAGES = ("", "replay/", "calculator/", "embed/", "embedding/", "?at=4")


class SpanishPageTests(TestCase):
    def setUp(self):
        self.night = Broadcast.objects.create(slug="night", title="Night", contests=president(2020))
        for _, change in list(Evening().script())[:10]:
            publish(self.night, change)

    def get(self, path="", **options):
        return self.client.get(f"/es/broadcasts/night/{path}", **options)

    def test_every_page_is_in_spanish_except_texts_of_the_newsroom(self):
        for path in ("/es/", "/es/nothing/", *(f"/es/broadcasts/night/{page}" for page in PAGES)):
            page = self.client.get(path)
            self.assertEqual(page.headers["Content-Language"], "es")
            self.assertEqual(english_in(page.text), [], path)

    def test_texts_of_the_newsroom_are_marked_as_english(self):
        headline = Broadcast.objects.get().state.to_dict()["story"]["headline"]
        for path in ("", "replay/", "embed/", "?at=10"):
            words = Words(self.get(path).text).found
            languages = {language for language, text in words if text == headline}
            self.assertEqual(languages, {"en"}, path)

    def test_language_depends_on_the_address_alone(self):
        self.client.cookies["django_language"] = "es"
        english = self.client.get("/broadcasts/night/", headers={"Accept-Language": "es"})
        spanish = self.get(headers={"Accept-Language": "en"})
        for page, language in ((english, "en"), (spanish, "es")):
            self.assertContains(page, f'<html lang="{language}"')
            self.assertNotRegex(page.headers.get("Vary", ""), "(?i)language|cookie")
            self.assertIn("public", page.headers["Cache-Control"])

    def test_language_link_leads_to_the_same_page(self):
        for path in ("", "?at=4", "replay/?t=60", "calculator/?from=2016"):
            here = f"/broadcasts/night/{path}"
            for ours, theirs, language in ((here, f"/es{here}", "es"), (f"/es{here}", here, "en")):
                page = self.client.get(ours).text
                nav = re.search(r'<nav class="languages".*?</nav>', page)[0]
                self.assertIn(f'href="{theirs}" lang="{language}" hreflang="{language}"', nav)

    def test_page_that_does_not_exist_has_no_language_link(self):
        self.assertNotContains(self.client.get("/es/nothing/"), "hreflang", status_code=404)

    def test_data_has_the_same_address_in_every_language(self):
        for path in ("", "embed/"):
            self.assertContains(self.get(path), '"address": "/broadcasts/night/"')
        self.assertEqual(self.get("recording.json").status_code, 404)
        self.assertContains(self.get("replay/"), '"file": "/broadcasts/night/recording.json')

    def test_thread_returns_to_english_after_a_spanish_page(self):
        self.get()
        self.assertEqual(get_language(), "en")

    def test_admin_is_in_english_only(self):
        self.assertContains(self.client.get("/admin/login/"), "Log in")
        self.assertEqual(self.client.get("/es/admin/").status_code, 404)

    def test_coordinates_have_decimal_points(self):
        for path in ("", "picture.png"):
            self.assertEqual(self.get(path).status_code, 200)
        self.assertNotRegex(self.get().text, r'(font-size|data-room|transform)="[^"]*\d,\d')

    def test_embed_keeps_its_language(self):
        self.assertContains(self.get("embedding/"), "testserver/es/broadcasts/night/embed/")


class CatalogueTests(SimpleTestCase):
    def setUp(self):
        self.enterContext(contextlib.chdir(messages.ROOT))
        self.catalogs = {domain: read_po_file(domain) for domain in messages.SOURCES}

    def test_catalogues_have_the_messages_of_their_sources(self):
        messages.update("--check")  # raises an error; then run `make messages`

    def test_every_message_is_translated_with_the_same_placeholders(self):
        for domain, catalog in self.catalogs.items():
            for message in filter(lambda message: message.id, catalog):
                with self.subTest(domain, message=message.id):
                    self.assertTrue(all(texts(message.string)))
                    self.assertFalse(message.fuzzy)
                    self.assertEqual(placeholders(message.string), placeholders(message.id))

    def test_message_used_in_python_and_scripts_has_one_translation(self):
        python, scripts = self.catalogs.values()
        for message in filter(lambda message: message.id, scripts):
            if message.id in python:
                self.assertEqual(message.string, python[message.id].string, message.id)

    def test_compiled_files_are_up_to_date(self):
        for domain, catalog in self.catalogs.items():
            compiled = BytesIO()
            write_mo(compiled, catalog)
            self.assertEqual(compiled.getvalue(), path_of(domain, "mo").read_bytes(), domain)

    def test_pages_carry_the_messages_of_scripts_unless_they_are_english(self):
        self.assertIsNone(script_words())
        with override("es"):
            words = script_words()
        self.assertEqual(words["language"], "es")
        self.assertEqual(words["messages"]["Zoom in"], "Acercar")


def path_of(domain, ending):
    return messages.ROOT / f"locale/es/LC_MESSAGES/{domain}.{ending}"


def read_po_file(domain):
    with path_of(domain, "po").open("rb") as file:
        return read_po(file, locale="es")


def texts(string):
    return [string] if isinstance(string, str) else string


def placeholders(string):
    return set(re.findall(r"%\(\w+\)s|%s", " ".join(texts(string))))
