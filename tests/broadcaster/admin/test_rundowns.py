"""The admin's pages for rundowns: copies of broadcasts, exports and imports."""

import json

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase
from django.urls import reverse

from broadcaster.desk.permissions import BROADCASTER, CONTRIBUTOR, EDITOR
from broadcaster.desk.rundown import prepare
from broadcaster.models import AuditEntry, Broadcast, Cue, Via
from broadcaster.publishing.actor import Actor
from tests.support.changes import PA_TO_BIDEN, parse_change
from tests.support.contests import president
from tests.support.log import publish
from tests.support.staff import staff

OHIO = {"view": {"focus": "OH"}}


class RundownCase(TestCase):
    def setUp(self):
        self.editor = staff("editor", EDITOR)
        self.client.force_login(self.editor)
        self.night = Broadcast.objects.create(
            slug="night",
            title="Night",
            contests=president(2020),
            source="AP",
            approval="calls",
            starts_at="2020-11-04T00:00Z",
        )
        actor = Actor(self.editor, Via.ADMIN)
        for title, data in (("PA", PA_TO_BIDEN), ("Ohio", OHIO), ("Gone", OHIO)):
            prepare(self.night, title, parse_change(data), None, actor)
        self.night.cues.filter(title="Gone").update(removed_at="2020-11-04T00:00Z")
        publish(self.night, parse_change({"kind": "start"}))
        publish(self.night, parse_change(PA_TO_BIDEN), cue=self.night.cues.get(title="PA"))

    def address(self, name, broadcast=None):
        return reverse(f"admin:broadcaster_broadcast_{name}", args=[(broadcast or self.night).pk])

    def copy(self, **data):
        return self.client.post(self.address("copy"), data, follow=True)

    def import_file(self, content, broadcast=None, **data):
        file = SimpleUploadedFile("rundown.csv", content)
        key = {"key": "9f1bd1bb-28c9-4d6c-b6a5-5a5f4d1f3f11"}
        return self.client.post(
            self.address("rundown", broadcast), {"file": file, **key, **data}, follow=True
        )

    def cues(self, broadcast):
        return [(cue.title, cue.change) for cue in broadcast.cues.filter(removed_at=None)]


class Copies(RundownCase):
    def test_copy_is_a_new_broadcast_off_air_with_all_cues_untaken(self):
        page = self.copy(title="Second night", slug="second")

        self.assertContains(page, "Second night is made, with 2 cues")
        made = Broadcast.objects.get(slug="second")
        self.assertEqual((made.phase, made.seq, made.listed), ("scheduled", 0, False))
        self.assertEqual((made.starts_at, made.automatic), (None, False))
        self.assertEqual((made.source, made.approval), ("AP", "calls"))
        self.assertEqual(made.contests, self.night.contests)
        self.assertNotEqual(made.epoch, self.night.epoch)
        self.assertEqual(self.cues(made), self.cues(self.night))
        self.assertFalse(made.publications.exists())
        words = AuditEntry.objects.filter(broadcast_id=made.pk).order_by("pk").first().detail
        self.assertEqual(words, "created as a copy of Night (night)")

    def test_copy_can_be_a_rehearsal(self):
        self.copy(title="Night", slug="try", rehearsal="on")
        self.assertTrue(Broadcast.objects.get(slug="try").rehearsal)

    def test_copy_with_a_slug_that_is_taken_is_rejected(self):
        page = self.copy(title="Night", slug="night")
        self.assertContains(page, "Broadcast with this Slug already exists")
        self.assertEqual(Broadcast.objects.count(), 1)

    def test_corrections_are_not_copied(self):
        correction = {
            "kind": "correct",
            "corrects": 2,
            "reason": "Too early",
            "calls": {"PA": {"status": "retracted"}},
            "story": {"headline": "Not called"},
        }
        prepare(self.night, "Oops", parse_change(correction), None, Actor(self.editor, Via.ADMIN))
        self.copy(title="Second night", slug="second")
        made = Broadcast.objects.get(slug="second")
        self.assertEqual([title for title, _ in self.cues(made)], ["PA", "Ohio"])

    def test_only_users_who_may_add_broadcasts_copy_them(self):
        self.client.force_login(staff("broadcaster", BROADCASTER))
        self.assertEqual(self.copy(title="Night", slug="second").status_code, 403)
        change = reverse("admin:broadcaster_broadcast_change", args=[self.night.pk])
        self.assertNotContains(self.client.get(change), self.address("copy"))


class Exports(RundownCase):
    def test_export_imports_unchanged_into_another_broadcast(self):
        for kind in ("csv", "json"):
            other = Broadcast.objects.create(slug=kind, title=kind, contests=president(2020))
            exported = self.client.get(self.address(f"rundown_{kind}"))
            name = f'attachment; filename="night-rundown.{kind}"'
            self.assertEqual(exported.headers["Content-Disposition"], name)

            page = self.import_file(exported.content, other)

            self.assertContains(page, "Added to the rundown: 2 cues.")
            self.assertEqual(self.cues(other), self.cues(self.night))

    def test_table_has_a_row_for_each_cue(self):
        table = self.client.get(self.address("rundown_csv")).content.decode("utf-8-sig")
        self.assertEqual(
            table.splitlines()[:2],
            [
                "title,kind,view,highlight,calls,counts,headline,body,announce",
                "PA,update,,,president/PA called D,,Pennsylvania goes to Biden,,polite",
            ],
        )


class Imports(RundownCase):
    def test_problems_name_row_and_column_and_nothing_is_imported(self):
        before = Cue.objects.count()
        page = self.import_file(b"title,calls,headline\nA,PA called D,News\nB,ZZ called D,News\n")
        self.assertContains(page, "Nothing is imported")
        self.assertContains(page, "Row 2, column calls: president/ZZ: unknown race")
        self.assertEqual(Cue.objects.count(), before)

    def test_problems_of_json_name_cue_and_field(self):
        file = {"schema": "mapcenter.rundown/1", "cues": [{"title": "A", "change": {"viev": 1}}]}
        page = self.import_file(json.dumps(file).encode())
        self.assertContains(page, "cues.1.change.viev: unknown field")

    def test_files_that_are_no_rundown_are_rejected(self):
        for content, words in (
            (b"{", "is not JSON"),
            (b"\xff\xfe", "is not in UTF-8"),
            (b"a" * 120_001, "is larger than 120000 bytes"),
            (b"title,race\nA,PA\n", "column 2 is “race”"),
        ):
            self.assertContains(self.import_file(content), words)

    def test_full_rundown_imports_nothing(self):
        rows = "".join(f"Cue {number},OH\n" for number in range(300))
        page = self.import_file(f"title,view\n{rows}".encode())
        self.assertContains(page, "The rundown is full: 300 cues.")
        self.assertEqual(len(self.cues(self.night)), 2)

    def test_form_that_is_sent_twice_adds_the_cues_once(self):
        for _ in range(2):
            self.import_file(b"title,view\nOhio again,OH\n")
        self.assertEqual(
            [title for title, _ in self.cues(self.night)], ["PA", "Ohio", "Ohio again"]
        )

    def test_contributors_import_and_others_do_not(self):
        self.client.force_login(staff("contributor", CONTRIBUTOR))
        self.assertContains(self.import_file(b"title,view\nA,OH\n"), "Added to the rundown: 1 cue.")
        viewer = staff("viewer", CONTRIBUTOR)
        viewer.groups.clear()
        self.client.force_login(viewer)
        self.assertEqual(self.import_file(b"title,view\nA,OH\n").status_code, 403)
