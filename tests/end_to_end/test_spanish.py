"""An evening in Spanish: all texts of server and scripts are translated and fit the screen."""

import os
import re

from django.test import TransactionTestCase

from tests.support.audience import BrowserAudience
from tests.support.browser import violations
from tests.support.words import english_in

NARROW = {"viewport": {"width": 320, "height": 640}}
WIDER = "document.scrollingElement.scrollWidth - innerWidth"
CALLED = {
    "calls": {
        "president": {
            "NC": {"status": "called", "party": "R"},
            "ME-2": {"status": "called", "party": "R"},
            "VT": {"status": "certified", "party": "D"},
            "GA": {"status": "too_close"},
            "NM": {"status": "too_early"},
        }
    },
    "story": {"headline": "North Carolina goes to Trump", "body": "It is the first of the states."},
}
WON = {
    "calls": {
        "president": {
            unit: {"status": "called", "party": "D"}
            for unit in re.findall(r"\w+", "CA NY IL PA MI NJ VA WA MA MD MN WI CO OR CT FL")
        }
    },
    "story": {"headline": "Biden wins the election"},
}
RETRACTED = {
    "kind": "correct",
    "corrects": 2,
    "reason": "The count of this state is not complete.",
    "calls": {"president": {"NC": {"status": "retracted"}}},
    "story": {"headline": "Correction: North Carolina is not called", "announce": "assertive"},
}


class SpanishPages(BrowserAudience, TransactionTestCase):
    environment = {"HEARTBEAT": "2"}

    def check_spanish(self, visit, state, *, contrast=False):
        """Check language, accessibility and width; save a picture if PICTURES is set.

        By default without the contrast of colours, which the tests of the English pages check.
        """
        with self.subTest(state, narrow=visit.page.viewport_size["width"]):
            self.assertEqual(english_in(visit.page.content()), [])
            self.assertEqual(violations(visit.page, contrast=contrast), [])
            self.assertLessEqual(visit.page.evaluate(WIDER), 0)
            self.assertEqual(visit.errors, [])
            if folder := os.environ.get("PICTURES"):
                width = visit.page.viewport_size["width"]
                visit.page.screenshot(path=f"{folder}/es-{state}-{width}.png", full_page=True)

    def test_live_page_is_in_spanish_in_every_state(self):
        wide, narrow = self.visit(), self.visit(color_scheme="dark", **NARROW)
        both = (wide, narrow)

        def check_both(state, words):
            for visit in both:
                visit.wait_for(f'[data-part="words"]:text("{words}")')
                self.check_spanish(visit, state)

        for visit in both:
            visit.open(f"/es{self.path}")
        check_both("waiting", "Aún no comienza")

        self.publish({"kind": "start", "story": {"headline": "Good evening from the newsroom"}})
        check_both("started", "En vivo, actualizado:")
        self.publish(CALLED)
        for visit in both:
            visit.page.click('[data-group="R"] summary')
            visit.wait_for('tr[data-unit="NC"] >> text="Trump (R)"')
        check_both("live", "En vivo, actualizado:")
        for group in ("", "D"):
            wide.page.click(f'[data-group="{group}"] summary')
        row = {
            race: wide.page.inner_text(f'tr[data-unit="{race}"]')
            for race in CALLED["calls"]["president"]
        }
        self.assertIn("Carolina del Norte", row["NC"])
        self.assertIn("Maine, 2.º distrito", row["ME-2"])
        self.assertIn("Biden (D), certificado", row["VT"])
        self.assertIn("Demasiado reñido", row["GA"])
        self.assertIn("Demasiado pronto", row["NM"])
        self.assertRegex(wide.page.inner_text(".log time >> nth=0"), r"^\d+:\d\d [ap]\.\sm\.$")
        self.assertRegex(
            wide.page.inner_text('[data-part="time"]'), r"\d+:\d\d:\d\d [ap]\.\sm\. E[SD]T$"
        )

        for visit in both:
            visit.page.click('.boxes [data-unit="VT"]')
            visit.page.click('[data-action="zoom"]')
            visit.wait_for("text=La transmisión muestra todo el mapa")
            visit.page.click('.actions [data-action="pause"]')
            visit.page.select_option('[data-part="layer"]', label="2008")
            visit.wait_for("text=El mapa muestra 2008: Obama (D) 365")
        check_both("exploring", "En pausa, actualizado:")
        for visit in both:
            visit.page.click('.actions [data-action="pause"]')
            visit.page.click('.card [data-action="close"]')
            visit.page.click('[data-action="tonight"]')
            visit.page.click('[data-action="follow"]')

        self.publish(RETRACTED)
        for visit in both:
            visit.wait_for('tr[data-unit="NC"] >> text="Proyección retirada"', state="attached")
        check_both("retracted", "En vivo, actualizado:")
        alert = wide.page.locator('[data-part="alert"] span')
        self.assertEqual(alert.text_content(), RETRACTED["story"]["headline"])
        self.assertEqual(alert.get_attribute("lang"), "en")
        self.assertIn("Corregido", wide.page.inner_text('[data-part="corrected"]'))

        self.publish({"kind": "hold", "story": {"headline": "We will be right back"}})
        check_both("held", "En espera, actualizado:")
        wide.context.set_offline(True)
        wide.wait_for('[data-part="words"]:text("Sin conexión, último dato:")')
        self.check_spanish(wide, "offline")
        wide.context.set_offline(False)
        self.publish({"kind": "resume", "story": {"headline": "Back with the votes"}})
        self.publish(WON)
        for visit in both:
            visit.wait_for('[data-passed="D"]:has-text("superó los 270")')
        notice = wide.page.locator('[data-part="notice"] span').all_text_contents()
        self.assertEqual(notice, ["Biden wins the election", ". Biden alcanzó los 270."])
        self.publish({"kind": "end", "story": {"headline": "This is the end"}})
        check_both("ended", "Final, actualizado:")

        wide.page.click(".languages a")
        wide.wait_for("text=Final, as of")
        self.assertEqual(wide.page.url, self.server.url + self.path)
        self.assertEqual(wide.page.get_attribute("html", "lang"), "en")

    def test_other_pages_are_in_spanish(self):
        self.publish({"kind": "start", "story": {"headline": "Good evening from the newsroom"}})
        self.publish(CALLED)
        self.publish(RETRACTED)
        self.publish(WON)
        visit = self.visit(**NARROW)
        page = visit.open(f"/es{self.path}embed/?theme=dark")
        visit.wait_for('[data-part="words"]:text("En vivo, actualizado:")')
        self.check_spanish(visit, "embed")

        visit.open(f"/es{self.path}replay/?at=2")
        page.click('[data-action="next"]')
        announced = page.locator('[data-part="notice"] [lang="en"]').all_text_contents()
        self.assertEqual(announced, [RETRACTED["story"]["headline"], RETRACTED["reason"]])
        page.click('[data-action="next"]')
        self.check_spanish(visit, "replay")

        visit.open(f"/es{self.path}calculator/")
        page.click('.boxes [data-unit="VT"]')
        page.uncheck("[name=keep]")
        page.click('.boxes [data-unit="NE-2"]')
        visit.wait_for("text=/2.º distrito .votos electorales: 1.: Biden .D.. .* superó los 270./")
        self.check_spanish(visit, "calculator")
        mine = page.url.partition("?")[2]
        page.click(".languages a")
        visit.wait_for("text=Your calls")
        self.assertEqual(page.url.partition("?")[2], mine)

        for name in ("embedding/", "?at=2"):
            visit.open(f"/es{self.path}{name}")
            self.check_spanish(visit, name.strip("/?"))
        visit.open("/es/")
        self.check_spanish(visit, "front", contrast=True)
        visit.open("/es/nothing/")
        self.check_spanish(visit, "nothing", contrast=True)
