"""After the show: the replay, a part as a broadcast of its own, the audit, a rebroadcast."""

import csv
import json
from datetime import timedelta

from django.utils import timezone

from broadcaster.models import AuditEntry, Broadcast, Publication
from tests.end_to_end.evening_people import PersonPage
from tests.support.server import wait_for

SOON = timedelta(seconds=7)  # until the rebroadcast


class AfterTheShow:
    def run_after(self):
        self.admin = f"/admin/broadcaster/broadcast/{self.broadcast.pk}/"
        self.replay()
        self.download_and_import_a_part()
        self.check_the_audit()
        for person in (self.contributor, self.broadcaster):
            person.context.close()
        self.rebroadcast()
        self.check_the_broadcast_cannot_be_deleted()
        for viewer, count in self.requests_at_the_end.items():
            viewer.page.evaluate("0")
            later = [url for url in viewer.requests[count:] if not url.endswith("/renewal.js")]
            self.assertEqual(later, [], viewer.name)  # none after the end, but for the last script

    def seq_of(self, title):
        """Return the seq of the update that took a cue."""
        return self.published().get(cue__title=title).seq

    def replay(self):
        guest = self.person(PersonPage, "Guest")
        guest.open(f"{self.path}replay/")
        guest.wait_for('[data-part="slider"]:enabled')
        arizona = self.seq_of("AZ")
        guest.page.press('[data-part="slider"]', "End")  # to load the whole log
        guest.page.click(f'.updates [data-seq="{arizona}"] a')
        guest.wait_for_totals("238–213–87")
        guest.wait_for_text("Later corrected: Arizona", state="visible")
        guest.page.click("text=Next")
        guest.wait_for_totals("227–213–98")
        self.assertFalse(guest.page.locator('[data-part="later"]').is_visible())
        guest.open(f"{self.path}?at={self.seq_of('PA')}")
        self.assertEqual(guest.totals, "273–214–51")
        guest.page.click("text=See how it ended")
        guest.wait_for_totals("306–232–0")
        guest.context.close()

    def download_and_import_a_part(self):
        first, last = self.seq_of("C2"), self.seq_of("AK")
        updates = json.loads(self.fetch("recording.json"))["updates"]
        start, end = (updates[seq - 1]["t"] / 1000 for seq in (first, last))
        page = self.editor.open(f"{self.admin}recording/")
        page.fill("#id_start", f"{start:.3f}")
        page.fill("#id_end", f"{end:.3f}")
        page.fill("#id_offset", f"{1 - start:.3f}")
        with page.expect_download() as download:
            page.click("text=Download JSON")
        file = download.value.path()
        part = json.loads(file.read_text())
        self.assertEqual(
            part["initial"]["totals"]["president"],
            {"D": 3, "R": 33, "O": 0, "uncalled": 502},
        )
        times = [update["t"] for update in part["updates"]]
        self.assertEqual(times[0], 1000)
        self.assertEqual(times[-1], round(1000 * (end - start + 1)))

        page = self.editor.open("/admin/broadcaster/broadcast/import/")
        page.set_input_files("#id_file", file)
        page.fill("#id_title", "From eight o'clock on")
        page.fill("#id_slug", "from-eight")
        page.click("text=Import >> nth=-1")
        page.wait_for_selector("text=is imported")
        imported = Publication.objects.filter(broadcast__slug="from-eight").order_by("seq")
        original = self.published().filter(seq__range=(first, last))
        self.assertEqual(
            [row.totals for row in imported[: len(original)]], [row.totals for row in original]
        )
        guest = self.person(PersonPage, "Guest")
        guest.open("/broadcasts/from-eight/")
        self.assertEqual(guest.totals, "306–232–0")
        guest.context.close()

    def check_the_audit(self):
        audit = "/admin/broadcaster/auditentry/"
        page = self.editor.page
        for action, who, what in (
            ("prepared", "contributor", "Closed"),
            ("took", "broadcaster", "update 3"),
            ("undid", "broadcaster", "View: U.S. President 2020"),
            ("confirmed", "editor", "Pennsylvania goes to Biden"),
            ("corrected", "editor", "Correction: Arizona is not called"),
            ("refused", "contributor", "may not take updates on air"),
        ):
            self.editor.open(f"{audit}?action__exact={action}&who={who}")
            self.assertIn(what, page.inner_text("#result_list"), action)

        self.editor.open(f"{audit}?who=editor")
        with page.expect_download() as download:
            page.click("text=Export as CSV")
        rows = list(csv.DictReader(download.value.path().read_text().splitlines()))
        entries = AuditEntry.objects.filter(who="editor")
        self.assertEqual([row["action"] for row in rows], [entry.action for entry in entries])

        entry = self.broadcast.audit.get(action="corrected")
        self.editor.open(f"{audit}{entry.pk}/change/")
        self.assertEqual(page.locator("#content-main :is(input, textarea)[name^='_']").count(), 0)
        for address in (
            f"{audit}{entry.pk}/delete/",
            f"/admin/broadcaster/publication/{self.published()[0].pk}/delete/",
            f"{self.admin}delete/",  # a broadcast with updates
        ):
            self.assertEqual(page.request.get(self.server.url + address).status, 403, address)

        history = self.editor.open(f"{self.admin}history/").inner_text("#result_list")
        for entry in self.broadcast.audit.all():
            self.assertIn(entry.detail, history)

    def rebroadcast(self):
        page = self.editor.open(f"{self.admin}recording/")
        starts = timezone.localtime() + SOON
        page.fill("#id_starts_at_0", f"{starts:%Y-%m-%d}")
        page.fill("#id_starts_at_1", f"{starts:%H:%M:%S}")
        page.click("text=Plan the rebroadcast")
        page.wait_for_selector("text=The rebroadcast is planned")
        self.editor.open("/admin/")  # a rebroadcast needs no open console

        early, late = self.person(PersonPage, "Early"), self.person(PersonPage, "Late")
        early.open("/")
        early.page.click("text=Election Night 2020 >> nth=0")
        early.wait_for_text("This rebroadcast begins at")
        early.wait_for('.tally [data-part="R"]:text-matches("[1-9]")')  # the rebroadcast goes on
        late.open(early.page.url.removeprefix(self.server.url))
        for person in (early, late):
            person.wait_for_text("everyone sees the same second")
        wait_for(lambda: late.totals == early.totals, "both to see the same map")
        self.assertNotEqual(late.totals, "0–0–538")
        for person in (early, late):
            person.context.close()

    def check_the_broadcast_cannot_be_deleted(self):
        page = self.editor.open("/admin/broadcaster/broadcast/")
        page.check(f'[name="_selected_action"][value="{self.broadcast.pk}"]')
        page.select_option("[name=action]", "delete_selected")
        page.click('button:text-is("Go")')
        page.wait_for_selector("text=Cannot delete broadcast")
        self.editor.open("/admin/broadcaster/broadcast/")
        page.check(f'[name="_selected_action"][value="{self.broadcast.pk}"]')
        page.select_option("[name=action]", "archive")
        page.click('button:text-is("Go")')
        page.wait_for_selector("text=Election Night 2020: archived")
        kept = Broadcast.objects.get(pk=self.broadcast.pk)
        self.assertIsNotNone(kept.archived_at)
        self.assertEqual(self.published().count(), self.seq)
