"""The form of a contest in a browser: tables, a picture, large parliaments, light and dark."""

from django.test import TransactionTestCase

from broadcaster.desk import contests
from broadcaster.desk.permissions import EDITOR
from broadcaster.models import ContestDocument, GeometryDocument, Via
from broadcaster.publishing.actor import Actor
from tests.support.browser import Visit, chromium, in_a_thread, violations
from tests.support.contests import lakeland, lakeland_geometry, parliament, parsed
from tests.support.server import ServeProcess
from tests.support.staff import staff

BOX = '.boxes [data-unit="ABROAD"]'
HELD = "The totals include seats that no race decides: "


class EditingContests(TransactionTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(ServeProcess())
        cls.browser = cls.enterClassContext(chromium())

    def open(self, documents, **options):
        """Store a contest, and open its form as an editor."""
        contest, geometry = parsed(*documents)
        self.stored = None
        in_a_thread(self.store, contest, geometry)
        visit = Visit(self.browser, self.server, reduced_motion="reduce", **options)
        self.addCleanup(visit.context.close)
        visit.log_in_as(self.editor)
        self.visit = visit
        return visit.open(f"/admin/broadcaster/contestdocument/{self.stored.pk}/change/")

    def store(self, contest, geometry):
        GeometryDocument(document=geometry).save()
        self.stored = contests.make(contest, Actor(None, Via.COMMAND))
        self.editor = staff("editor", EDITOR)

    def contest(self):
        found = []
        in_a_thread(lambda: found.append(ContestDocument.objects.get(pk=self.stored.pk)))
        return found[0].document

    def test_an_editor_changes_both_tables_and_sees_the_picture(self):
        page = self.open((lakeland(), lakeland_geometry()))
        page.fill('[aria-label="name, row 1"] >> nth=1', "The North")
        page.fill('[aria-label="weight, row 1"]', "x")
        page.select_option('[aria-label="look, row 3"]', "gold")
        page.click('[aria-label="Remove row 9"]')
        page.click("text=Preview")
        page.wait_for_selector("text=Row 1, column weight: is not a whole number")
        wrong = page.locator("[aria-invalid=true] >> visible=true")
        self.assertEqual(wrong.get_attribute("aria-label"), "weight, row 1")
        self.assertEqual(self.contest().race_of["N"].name, "North")
        wrong.fill("5")
        page.click("text=Preview")
        page.wait_for_selector("text=A preview: this is not stored yet")
        self.assertEqual(page.locator('.legend [data-look="gold"]').count(), 1)
        page.click('[value="Save"]')
        page.wait_for_selector("text=Lakeland 2027 is stored")
        found = self.contest()
        self.assertEqual((found.race_of["N"].name, found.race_of["N"].weight), ("The North", 5))
        self.assertNotIn("ABROAD", found.race_of)
        self.assertEqual(found.party_of["LIB"].look, "gold")
        self.assertEqual(self.visit.errors, [])

    def test_a_table_is_pasted_from_a_spreadsheet(self):
        page = self.open((lakeland(), lakeland_geometry()))
        page.evaluate(
            """() => {
                const data = new DataTransfer();
                data.setData("text", "X1\\tFirst\\t7\\nX2\\tSecond\\t8");
                const cell = document.querySelectorAll('[aria-label="id, row 9"]')[0];
                cell.dispatchEvent(
                    new ClipboardEvent("paste", { clipboardData: data, bubbles: true })
                );
            }"""
        )
        page.click('[value="Save"]')
        page.wait_for_selector("text=Lakeland 2027 is stored")
        races = self.contest().races[-2:]
        self.assertEqual(
            [(race.id, race.name, race.weight) for race in races],
            [("X1", "First", 7), ("X2", "Second", 8)],
        )

    def test_the_form_works_without_a_script(self):
        page = self.open((lakeland(), lakeland_geometry()), java_script_enabled=False)
        text = page.input_value("#id_races").replace("S,South,3", "S,The South,4")
        page.fill("#id_races", text)
        page.click('[value="Save"]')
        page.wait_for_selector("text=Lakeland 2027 is stored")
        self.assertEqual(self.contest().race_of["S"].weight, 4)

    def test_a_parliament_of_1000_seats_is_edited(self):
        document, grid = parliament(1000)
        for race in document["races"]:
            race["name"] += " with a long name, so that the form of the contest is large"
            race["closes"] = "2027-05-02T20:00+02:00"
            race["candidates"] = {"P1": {"name": "Somebody Of That Party"}}
        page = self.open((document | {"to_win": 501}, grid))
        self.assertGreater(len(page.input_value("#id_races")), 128 * 1024)
        page.fill('[aria-label="weight, row 1000"]', "2")
        page.click('[value="Save"]')
        page.wait_for_selector("text=Parliament of 1000 is stored")
        self.assertEqual(self.contest().size, 1001)

    def test_the_pages_are_accessible_and_fit_a_phone(self):
        page = self.open((lakeland(), lakeland_geometry()))
        page.wait_for_selector(f"text={HELD}")
        bar, box = (page.locator(each).bounding_box() for each in (".tally-bar", BOX))
        self.assertLessEqual(box["x"] + box["width"], bar["x"] + bar["width"], "a box stands out")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            self.assertEqual(violations(page), [], scheme)
        new = self.visit.open("/admin/broadcaster/contestdocument/add/")
        self.assertEqual(violations(new), [])
        new.set_viewport_size({"width": 360, "height": 740})
        new.go_back()
        width = new.evaluate("document.documentElement.scrollWidth")
        self.assertLessEqual(width, 360)
        new.set_viewport_size({"width": 320, "height": 740})
        links = new.locator(".object-tools li")
        starts = links.evaluate_all("all => all.map((each) => each.offsetLeft)")
        self.assertEqual(starts.count(min(starts)), 2, "a link on the second line is indented")
        self.assertEqual(violations(new), [], "narrow")
