"""The admin's pages for recordings: download, import and rebroadcast."""

import json
from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from broadcaster.desk.permissions import BROADCASTER, CONTRIBUTOR, EDITOR
from broadcaster.domain.recording_file import parse_recording, to_dict
from broadcaster.management.evening import Evening
from broadcaster.models import AuditEntry, Broadcast, Rebroadcast
from broadcaster.models.contests import geometry_of
from broadcaster.publishing import history
from tests.support.changes import parse_change
from tests.support.contests import president
from tests.support.log import publish, store
from tests.support.staff import staff

BEGAN = 1_604_448_000_000


class RecordingCase(TestCase):
    def setUp(self):
        self.broadcast = store(Evening().recording(BEGAN), slug="night", title="Night")
        self.editor = staff("editor", EDITOR)
        self.client.force_login(self.editor)

    def address(self, name, *more):
        return reverse(f"admin:broadcaster_broadcast_{name}", args=[self.broadcast.pk, *more])

    def download(self, **part):
        return self.client.get(self.address("download"), part)

    def audit(self):
        return list(AuditEntry.objects.values_list("action", "who", "detail", "via"))


class RecordingDownload(RecordingCase):
    def test_download_has_the_whole_recording_and_is_audited(self):
        response = self.download()
        self.assertIn("attachment", response.headers["Content-Disposition"])
        downloaded = parse_recording(response.json(), geometry_of)
        self.assertEqual(downloaded, history.recording(self.broadcast))
        self.assertEqual(self.audit(), [("exported", "editor", "24 updates", "admin")])

    def test_downloaded_part_has_its_offset_and_its_initial_map(self):
        part = self.download(start="10:00", end="1:20:00", offset="-600").json()

        self.assertEqual(part["updates"][0]["t"], 600_000)  # 0:20, now 10 minutes later
        self.assertTrue(all(update["t"] >= 0 for update in part["updates"]))
        self.assertEqual(part["updates"][-1]["kind"], "correct")
        self.assertEqual(
            part["initial"]["totals"], {"president": {"D": 3, "R": 33, "O": 0, "uncalled": 502}}
        )
        self.assertEqual(
            parse_recording(part, geometry_of),
            history.recording(self.broadcast).trim(600_000, 4_800_000, -600_000),
        )
        self.assertIn("start 0:10:00, end 1:20:00, offset -0:10:00", self.audit()[0][2])

    def test_download_rejects_a_wrong_part(self):
        for part, words in [
            ({"start": 60, "end": 30}, "is before the start"),
            ({"start": "soon"}, "Write it as h:mm:ss"),
            ({"offset": "nan"}, "Write it as h:mm:ss"),
            ({"end": "1:00:00:00"}, "Write it as h:mm:ss"),
            ({"end": "999:00:00"}, "This is not from 0:00:00 to 744:00:00"),
            ({"start": "-1"}, "This is not from"),
        ]:
            response = self.download(**part)
            self.assertNotIn("Content-Disposition", response.headers)
            self.assertContains(response, words)
        self.assertEqual(self.audit(), [])

    def test_content_security_policy_allows_only_the_host_of_the_video(self):
        page = self.client.get(
            self.address("recording"), {"video": "https://media.example:8443/night.mp4?a=1"}
        )
        policy = page.headers["Content-Security-Policy"].split("; ")
        self.assertIn("media-src https://media.example:8443", policy)
        self.assertContains(
            page, '<video controls preload="auto" src="https://media.example:8443/night.mp4?a=1">'
        )
        for video in ("", "javascript:alert(1)", "https://x;script-src/"):
            page = self.client.get(self.address("recording"), {"video": video})
            self.assertNotIn("media-src", page.headers["Content-Security-Policy"])
            self.assertNotContains(page, "<video")


class RecordingImport(RecordingCase):
    def send(self, data, **fields):
        text = data if isinstance(data, bytes) else json.dumps(data).encode()
        file = SimpleUploadedFile("night.json", text, "application/json")
        return self.client.post(
            reverse("admin:broadcaster_broadcast_import"), {"file": file, **fields}, follow=True
        )

    def test_import_makes_a_broadcast_with_the_same_updates(self):
        original = history.recording(self.broadcast)
        response = self.send(to_dict(original), slug="again", title="Again")

        self.assertContains(response, "Again is imported")
        again = Broadcast.objects.get(slug="again")
        copy = history.recording(again)
        self.assertEqual([u.totals for u in copy.updates], [u.totals for u in original.updates])
        self.assertEqual([u.at for u in copy.updates], [u.at for u in original.updates])
        self.assertEqual(
            [s.to_dict() for s in copy.states()], [s.to_dict() for s in original.states()]
        )
        self.assertNotEqual(again.epoch, self.broadcast.epoch)
        self.assertEqual((again.phase, again.listed, again.on_air), ("ended", False, False))
        self.assertEqual(self.audit()[0][:2], ("imported", "editor"))
        self.assertContains(self.client.get("/broadcasts/again/?at=18"), "273</span>")

    def test_imported_part_begins_with_its_initial_map_and_gets_an_end(self):
        part = history.recording(self.broadcast).trim(4_600_000, 7_900_000)
        self.send(to_dict(part), slug="part")

        again = Broadcast.objects.get(slug="part")
        self.assertEqual(again.title, "Night")
        copy = history.recording(again)
        self.assertEqual(
            copy.initial.totals, {"president": {"D": 238, "R": 213, "O": 0, "uncalled": 87}}
        )
        self.assertEqual(copy.updates[0].corrects, 0)
        self.assertEqual([u.totals for u in copy.updates[:-1]], [u.totals for u in part.updates])
        self.assertEqual(copy.updates[-1].kind, "end")
        self.assertEqual(again.phase, "ended")

    def test_import_rejects_a_part_without_updates(self):
        part = history.recording(self.broadcast).trim(99_000_000)

        self.assertContains(self.send(to_dict(part), slug="part"), "has no updates")
        self.assertFalse(Broadcast.objects.filter(slug="part").exists())

    def test_import_of_a_wrong_file_names_the_field_and_stores_nothing(self):
        good = to_dict(history.recording(self.broadcast))
        wrong = json.loads(json.dumps(good))
        wrong["updates"][8]["totals"]["president"]["D"] += 1
        silent = good | {"updates": []}
        for data, fields, words in [
            (wrong, {}, "updates.9.totals: are not"),
            (b"\xff", {}, "is not JSON"),
            (b"[" * 100_000, {}, "is not JSON"),
            (good, {"slug": "night"}, "is taken"),
            (silent, {"slug": "silent"}, "does not start"),
        ]:
            self.assertContains(self.send(data, **fields), words)
        self.assertEqual(Broadcast.objects.count(), 1)
        self.assertEqual(self.audit(), [])

    def test_import_requires_the_permission_to_add_broadcasts(self):
        self.client.force_login(staff("broadcaster", BROADCASTER))
        response = self.send(to_dict(history.recording(self.broadcast)), slug="again")
        self.assertEqual(response.status_code, 403)
        self.assertEqual(Broadcast.objects.count(), 1)


class Rebroadcasts(RecordingCase):
    def plan(self, at):
        local = timezone.localtime(at)
        data = {"starts_at_0": f"{local:%Y-%m-%d}", "starts_at_1": f"{local:%H:%M}"}
        return self.client.post(self.address("rebroadcast"), data, follow=True)

    def test_rebroadcast_is_planned_listed_and_cancelled(self):
        Broadcast.objects.update(listed=True)
        at = (timezone.now() + timedelta(days=1)).replace(second=0, microsecond=0)
        self.assertContains(self.plan(at), "The rebroadcast is planned")

        again = Rebroadcast.objects.get()
        self.assertEqual((again.starts_at, again.ends_at), (at, at + timedelta(minutes=160)))
        self.assertEqual(again.position, self.broadcast.position)
        self.assertContains(self.client.get("/"), f"/replay/?rebroadcast={again.pk}")
        self.client.post(self.address("cancel", again.pk))
        self.assertNotContains(self.client.get("/"), "rebroadcast=")
        gone = self.client.get(f"/broadcasts/night/replay/?rebroadcast={again.pk}")
        self.assertEqual(gone.status_code, 404)
        self.assertEqual([entry[0] for entry in self.audit()], ["unscheduled", "scheduled"])

    def test_rebroadcast_is_rejected_with_a_reason(self):
        later = timezone.now() + timedelta(hours=1)
        self.assertContains(self.plan(timezone.now() - timedelta(hours=1)), "has passed")
        last = {"starts_at_0": "9999-12-31", "starts_at_1": "23:59"}
        self.assertContains(self.client.post(self.address("rebroadcast"), last), "the years")
        Broadcast.objects.update(rehearsal=True)
        self.assertContains(self.plan(later), "not for viewers")
        live = Broadcast.objects.create(slug="live", title="Live", contests=president(2020))
        publish(live, parse_change({"kind": "start"}))
        self.broadcast = live
        self.assertContains(self.plan(later), "has ended can be shown again")
        self.assertEqual(Rebroadcast.objects.count(), 0)

    def test_rebroadcast_requires_an_editor(self):
        later = timezone.now() + timedelta(hours=1)
        for name, group in (("contributor", CONTRIBUTOR), ("broadcaster", BROADCASTER)):
            self.client.force_login(staff(name, group))
            self.assertNotContains(self.client.get(self.address("recording")), "Plan the")
            self.assertEqual(self.plan(later).status_code, 403)
            self.assertEqual(self.audit()[0][:2], ("refused", name))
        self.assertEqual(self.client.get(self.address("rebroadcast")).status_code, 405)
        self.client.logout()
        self.assertContains(self.plan(later), "Log in")
        self.assertEqual(Rebroadcast.objects.count(), 0)

    def test_rebroadcast_page_shows_the_current_second(self):
        def page(minutes):
            starts = timezone.now() - timedelta(minutes=minutes)
            again = Rebroadcast.objects.create(
                broadcast=self.broadcast,
                epoch=self.broadcast.epoch,
                seq=self.broadcast.seq,
                starts_at=starts,
                ends_at=starts + timedelta(minutes=160),
                by=self.editor,
            )
            return self.client.get(f"/broadcasts/night/replay/?rebroadcast={again.pk}")

        self.assertContains(page(-10), "This rebroadcast begins at")
        self.assertContains(page(75), "Arizona goes to Biden: 11 electoral votes</h2>")
        self.assertContains(page(131), 'data-part="D">273</span>')
        # The rebroadcast has ended, so the replay starts from its beginning.
        self.assertContains(page(200), "Welcome to election night</h2>")
        self.assertIn("max-age=1", page(75).headers["Cache-Control"])
        for number in ("0", "x", "²"):
            unknown = self.client.get(f"/broadcasts/night/replay/?rebroadcast={number}")
            self.assertEqual(unknown.status_code, 404)
