"""The admin's pages for contests: new ones, the form with two tables, JSON and CSV."""

import json

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase
from django.urls import reverse
from msgspec.structs import replace

from broadcaster.desk import contests
from broadcaster.desk.permissions import BROADCASTER, EDITOR
from broadcaster.models import AuditEntry, ContestDocument, GeometryDocument, Via
from broadcaster.publishing.actor import Actor
from tests.support.contests import lakeland, lakeland_geometry, parsed
from tests.support.portrait import portrait
from tests.support.staff import staff


class ContestCase(TestCase):
    def setUp(self):
        contest, geometry = parsed(lakeland(), lakeland_geometry())
        GeometryDocument(document=geometry).save()
        self.stored = contests.make(contest, Actor(None, Via.COMMAND))
        self.editor = staff("editor", EDITOR)
        self.client.force_login(self.editor)

    def address(self, name, *arguments):
        return reverse(f"admin:broadcaster_contestdocument_{name}", args=arguments)

    def contest(self):
        return ContestDocument.objects.get(pk=self.stored.pk).document

    def audit(self):
        entries = AuditEntry.objects.order_by("pk").values_list("who", "action", "detail")
        return list(entries)[1:]  # without the making in setUp


class NewContests(ContestCase):
    def make(self, **data):
        return self.client.post(self.address("add"), data, follow=True)

    def test_a_new_contest_starts_from_a_preset(self):
        page = self.make(start="preset:us-governors-2026", id="governors", title="Our governors")
        self.assertContains(page, "Our governors is made")
        made = ContestDocument.objects.get(slug="governors")
        self.assertEqual((made.title, len(made.document.races)), ("Our governors", 36))
        self.assertEqual((made.made_by, made.version), (self.editor, 1))
        self.assertEqual(self.audit(), [("editor", "changed", "made the contest governors")])

    def test_a_new_contest_starts_from_a_copy(self):
        self.make(start="copy:lakeland-2027", id="lakeland-2031", title="Lakeland 2031")
        made = ContestDocument.objects.get(slug="lakeland-2031").document
        self.assertEqual(made.races, self.contest().races)

    def test_a_new_contest_starts_from_a_map_with_a_race_for_each_shape(self):
        self.make(start="map:lakeland", id="council", title="Council")
        made = ContestDocument.objects.get(slug="council").document
        self.assertEqual([race.shape for race in made.races], ["N", "NE", "E", "C", "W", "SW", "S"])
        self.assertEqual((made.size, made.to_win), (7, None))

    def test_a_new_contest_starts_from_json(self):
        exported = self.client.get(self.address("download", self.stored.pk))
        self.assertIn("lakeland-2027.json", exported.headers["Content-Disposition"])
        self.stored.delete()
        file = SimpleUploadedFile("c.json", exported.content)
        self.assertContains(self.make(file=file), "Lakeland 2027 is made")
        again = ContestDocument.objects.get(slug="lakeland-2027")
        self.assertEqual(
            self.client.get(self.address("download", again.pk)).content, exported.content
        )

    def test_what_cannot_be_made_is_said_and_not_stored(self):
        wrong = lakeland()
        wrong["races"][2]["shape"] = "Q"
        wrong["parties"][1].pop("look")
        count = ContestDocument.objects.count()
        for data, words in (
            ({}, "Choose one of the two"),
            ({"start": "preset:us-senate-2026"}, "Give the new contest an id of its own"),
            ({"start": "preset:us-senate-2026", "id": "A b"}, "lower-case letters"),
            ({"start": "copy:lakeland-2027", "id": "us-senate-2026"}, "id of another contest"),
            ({"start": "preset:moon", "id": "moon"}, "Select a valid choice"),
            ({"file": SimpleUploadedFile("c.json", b"\xff")}, "is not JSON"),
            ({"file": SimpleUploadedFile("c.json", b" " * 1_000_001)}, "is larger than"),
            ({"file": SimpleUploadedFile("c.json", b"[]")}, "is not an object"),
            (
                {"file": SimpleUploadedFile("c.json", json.dumps(wrong).encode())},
                "parties.2.look: is missing",
            ),
        ):
            with self.subTest(words):
                self.assertContains(self.make(**data), words)
        self.assertEqual(ContestDocument.objects.count(), count)
        self.assertEqual(self.audit(), [])


class ContestForms(ContestCase):
    def fields(self):
        """Return what the form posts if nothing is changed."""
        page = self.client.get(self.address("change", self.stored.pk))
        form = page.context["form"]
        return {name: form[name].value() or "" for name in form.fields if name != "races_file"}

    def save(self, fields, **options):
        address = self.address("change", self.stored.pk)
        return self.client.post(address, fields, follow=True, **options)

    def edited(self, field, old, new):
        """Return the fields with `old` in one of them replaced."""
        fields = self.fields()
        self.assertIn(old, fields[field])
        return fields | {field: fields[field].replace(old, new)}

    def test_saving_without_a_change_stores_nothing(self):
        before = self.contest()
        self.assertContains(self.save(self.fields()), "Lakeland 2027 is as it was")
        self.assertEqual(self.contest(), before)
        self.assertEqual(self.audit(), [])

    def test_tables_change_parties_and_races(self):
        fields = self.edited("races", "N,North,4", "N,The North,5")
        fields["parties"] += "IND,Independents,,I,grey,,2,Ida Lake,Lake\n"
        fields |= {"title": "Lakeland decides", "to_win": "17", "size": "29"}
        self.assertContains(self.save(fields), "Lakeland decides is stored")
        found = self.contest()
        self.assertEqual((found.race_of["N"].name, found.race_of["N"].weight), ("The North", 5))
        self.assertEqual((found.held["IND"], found.candidates["IND"].short), (2, "Lake"))
        self.assertEqual(found.earlier[0].title, "2023")
        self.assertEqual(
            self.audit(), [("editor", "changed", "changed the contest lakeland-2027: version 2")]
        )

    def test_portraits_stay_which_no_table_has(self):
        first, *others = self.contest().parties
        parties = (replace(first, portrait=portrait()), *others)
        self.stored.document = replace(self.contest(), parties=parties)
        self.stored.save()
        fields = self.edited("parties", "Green Alliance", "Greens")
        self.assertContains(self.save(fields), "Lakeland 2027 is stored")
        found = self.contest().parties[0]
        self.assertEqual((found.name, found.portrait), ("Greens", portrait()))

    def test_problems_have_their_row_and_column_and_nothing_is_stored(self):
        before = self.contest()
        for fields, words in (
            (self.edited("races", "W,West,3", "W,West,three"), "Row 6, column weight: is not a"),
            (self.edited("races", "W,West", "N,West"), "Row 6, column id: N is the id of races.1"),
            (self.edited("races", "2,NE,", "2,NW,"), "Row 2, column shape: the geometry has no"),
            (self.edited("races", ",O’Hara", ",O’Hara,,,"), "Row 3: has 15 cells; the head has"),
            (self.edited("races", "held_by", "owner"), "column 5 is “owner”, not one of"),
            (self.edited("parties", ",orange,", ",mauve,"), "Row 2, column look: is not one of"),
            (self.edited("parties", ",Fa,", ",G,"), "Row 2, column letter: another party has G"),
            (self.edited("parties", ",3,", ",-3,"), "Row 2, column held: is not a whole number"),
            (self.fields() | {"to_win": "24"}, "nobody can reach 24"),
            (self.fields() | {"size": "25"}, "is 25, but held seats (6) and weights (20)"),
            (self.fields() | {"geometry": "moon"}, "Select a valid choice"),
            (self.fields() | {"races": ""}, "This field is required"),
        ):
            with self.subTest(words):
                page = self.save(fields)
                self.assertContains(page, words)
                self.assertContains(page, "Nothing is stored yet")
                self.assertEqual(self.contest(), before)

    def test_renaming_a_party_leaves_out_its_empty_columns(self):
        fields = self.edited("parties", "FAR,Farmers", "LAND,Farmers")
        fields["races"] = fields["races"].replace(",FAR,", ",LAND,")
        self.assertContains(self.save(fields), "Lakeland 2027 is stored")
        self.assertIn("LAND", self.contest().party_of)

    def test_candidate_of_a_party_that_is_not_there_has_its_row_and_column(self):
        page = self.save(self.edited("parties", "LIB,Liberals", "LAW,Liberals"))
        self.assertContains(page, "Row 3, column candidate LIB: there is no such party")
        self.assertIn("LIB", self.contest().party_of)

    def test_the_page_marks_the_wrong_cells(self):
        page = self.save(self.edited("races", "W,West,3", "W,West,0"))
        [cell] = page.context["form"].tables["problems"]
        self.assertEqual((cell["table"], cell["row"], cell["column"]), ("races", 6, "weight"))

    def test_a_csv_file_replaces_the_races(self):
        table = self.client.get(self.address("races", self.stored.pk)).content
        self.assertTrue(table.startswith(b"\xef\xbb\xbfid,name,weight,shape,held_by,closes,"))
        for content in (
            table.replace(b"ABROAD,Citizens abroad", b"SEA,=Sailors"),
            table.decode("utf-8-sig").replace("ABROAD,Citizens abroad", "SEA,'=Sailors").encode(),
        ):
            self.save(self.fields() | {"races_file": SimpleUploadedFile("r.csv", content)})
            self.assertEqual(self.contest().race_of["SEA"].name, "=Sailors")
        again = self.client.get(self.address("races", self.stored.pk)).content
        self.assertIn(b"SEA,'=Sailors", again)  # a spreadsheet must not run it

    def test_a_csv_file_with_semicolons_is_read(self):
        table = "id;name;shape\nN;Nord, ganz;N\n"
        file = SimpleUploadedFile("r.csv", table.encode())
        self.save(self.fields() | {"races_file": file})
        self.assertEqual([race.name for race in self.contest().races], ["Nord, ganz"])
        [earlier] = self.contest().earlier
        self.assertEqual((earlier.winners, earlier.margins), ({"N": "FAR"}, {"N": 9.46}))

    def test_a_csv_file_in_another_encoding_or_with_a_wrong_row_changes_nothing(self):
        before = self.contest()
        table = self.client.get(self.address("races", self.stored.pk)).content
        for content, words in (
            ("id,name\nN,Nörd\n".encode("latin-1"), "is not in UTF-8: line 2 has characters"),
            (table.replace(b"S,South,3", b"S,South,x"), "Row 8, column weight: is not a whole"),
            (b"id,name\n" + b"N,North\n" * 1001, "has 1001 rows; there can be 1000 at most"),
            (b"a" * 1_000_001, "is larger than 1000000 bytes"),
            (b"PK\x03\x04\x00\x00", "has control characters"),
        ):
            with self.subTest(words):
                file = SimpleUploadedFile("r.csv", content)
                page = self.save(self.fields() | {"races_file": file})
                self.assertContains(page, words)
                self.assertEqual(self.contest(), before)
        # The rows of the file are in the form, to be corrected there.
        file = SimpleUploadedFile("r.csv", table.replace(b"S,South,3", b"S,South,x"))
        page = self.save(self.fields() | {"races_file": file})
        self.assertContains(page, "S,South,x")

    def test_a_preview_is_not_stored(self):
        before = self.contest()
        fields = self.edited("races", "N,North,4", "N,North,40") | {"preview": "Preview"}
        page = self.save(fields)
        self.assertContains(page, "A preview: this is not stored yet")
        self.assertEqual(page.context["picture"].contest.size, 62)
        self.assertEqual(self.contest(), before)

    def test_of_two_editors_the_second_is_told_of_the_first(self):
        first = self.edited("races", "N,North", "N,The North")
        second = self.edited("races", "S,South", "S,The South")
        self.save(first)
        self.assertContains(self.save(second), "editor changed this contest meanwhile")
        self.assertEqual(self.contest().race_of["S"].name, "South")

    def test_names_are_escaped_on_the_page(self):
        page = self.save(self.edited("races", "N,North", "N,<script>alert(1)</script>"))
        self.assertEqual(self.contest().race_of["N"].name, "<script>alert(1)</script>")
        self.assertNotContains(page, "<script>alert")

    def test_the_picture_shows_calls_of_each_kind(self):
        for show, called in (("open", 0), ("held", 1), ("each", 9), ("moon", 1)):
            page = self.client.get(self.address("change", self.stored.pk), {"show": show})
            rows = page.context["picture"].rows
            self.assertEqual(sum(bool(row.party) for row in rows), called, show)

    def test_a_contest_is_removed_after_a_question_and_audited(self):
        address = self.address("delete", self.stored.pk)
        self.assertContains(self.client.get(address), "Are you sure")
        self.client.post(address, {"post": "yes"})
        self.assertFalse(ContestDocument.objects.filter(pk=self.stored.pk).exists())
        self.assertEqual(self.audit(), [("editor", "removed", "removed the contest lakeland-2027")])

    def test_the_history_is_the_audit_of_the_contest(self):
        page = self.client.get(self.address("history", self.stored.pk), follow=True)
        self.assertContains(page, "made the contest lakeland-2027")


class ContestPermission(ContestCase):
    def test_only_editors_change_contests_and_others_see_them(self):
        self.client.force_login(staff("broadcaster", BROADCASTER))
        page = self.client.get(self.address("change", self.stored.pk))
        self.assertContains(page, "Editing needs the permission")
        self.assertNotContains(page, "Save")
        self.assertContains(page, '<fieldset class="contest-fields" disabled>')
        for address in (
            self.address("change", self.stored.pk),
            self.address("delete", self.stored.pk),
            self.address("add"),
        ):
            self.assertEqual(self.client.post(address).status_code, 403)
        self.assertEqual(self.client.get(self.address("download", self.stored.pk)).status_code, 200)
        self.assertEqual(self.audit(), [])
