"""Votes counted so far, through the API: as JSON and as CSV, and how often."""

import json
from datetime import timedelta
from unittest import mock

from broadcaster.desk.permissions import BROADCASTER
from broadcaster.models import ApiToken, AuditEntry, Publication
from broadcaster.publishing import publish as gate
from broadcaster.publishing.history import desk_log
from tests.support.desk import DeskCase, calling
from tests.support.staff import staff

COUNTS = {"counts": {"president": {"PA": {"votes": {"D": 50, "R": 40}, "expected": 0.5}}}}
FEWER = {"counts": {"president": {"PA": {"votes": {"D": 40, "R": 40}}}}}


class CountsApi(DeskCase):
    def setUp(self):
        self.token = ApiToken.issue(staff("robot", BROADCASTER))

    def post(self, body, path="updates"):
        return self.client.post(
            f"/api/broadcasts/night/{path}",
            body if isinstance(body, bytes) else json.dumps(body),
            content_type="text/csv" if isinstance(body, bytes) else "application/json",
            headers={"Authorization": f"Bearer {self.token}"},
        )

    def later(self):
        """Let the last update be 3 s old."""
        last = Publication.objects.order_by("-seq").first()
        Publication.objects.filter(pk=last.pk).update(at=last.at - timedelta(seconds=3))

    def counts(self):
        self.night.refresh_from_db()
        return self.night.state.to_dict()["counts"]

    def test_counts_need_no_headline_and_no_approval_and_call_nothing(self):
        self.night.approval = "calls"
        self.night.save()

        response = self.post(COUNTS)

        self.assertEqual(response.status_code, 201, response.content)
        self.assertEqual(self.counts(), COUNTS["counts"])
        self.assertEqual(self.night.state.calls, {})
        self.assertEqual(self.night.state.totals["president"]["uncalled"], 538)

    def test_counts_may_fall(self):
        self.post(COUNTS)
        self.later()
        self.assertEqual(self.post(FEWER).status_code, 201)
        self.assertEqual(self.counts(), FEWER["counts"])

    def test_counts_that_come_too_often_are_429_and_the_next_ones_are_published(self):
        self.post(COUNTS)

        response = self.post(FEWER)

        self.assertEqual(response.status_code, 429)
        self.assertIn(int(response["Retry-After"]), (1, 2))
        self.assertEqual(self.counts(), COUNTS["counts"])
        self.later()
        self.assertEqual(self.post(FEWER).status_code, 201)
        self.assertFalse(AuditEntry.objects.exists())

    def test_counts_do_not_delay_calls(self):
        self.post(COUNTS)
        self.assertEqual(self.post(calling("PA")).status_code, 201)
        self.assertEqual(self.post(FEWER).status_code, 429)

    def test_repeated_counts_with_one_client_id_are_published_once(self):
        first = self.post(COUNTS | {"client_id": "one"})
        self.assertEqual(self.post(COUNTS | {"client_id": "one"}).json(), first.json())
        self.assertEqual(self.seq(), 2)

    def test_log_of_the_desk_begins_without_counts(self):
        with mock.patch.object(gate, "COUNTS_EVERY", timedelta(0)):
            for change in (COUNTS, calling("PA"), FEWER, COUNTS | calling("OH")):
                self.assertEqual(self.post(change).status_code, 201)
        self.night.refresh_from_db()
        self.assertEqual([update["seq"] for update in desk_log(self.night)], [1, 3, 5])
        self.assertEqual([update["seq"] for update in desk_log(self.night, after=1)], [2, 3, 4, 5])

    def test_table_is_published(self):
        table = b"race;D;R;expected\nPA;1,000;900;37%\nOH;;5;\n"
        response = self.post(table, "counts?contest=president")

        self.assertEqual(response.status_code, 201, response.content)
        self.assertEqual(
            self.counts()["president"],
            {"PA": {"votes": {"D": 1000, "R": 900}, "expected": 0.37}, "OH": {"votes": {"R": 5}}},
        )

    def test_percent_that_is_wrong_is_called_a_percent(self):
        for percent in (b"101", b"44.5", b"most"):
            with self.subTest(percent=percent):
                response = self.post(b"race,D,expected\nPA,5," + percent + b"\n", "counts")
                words = "is not a whole percent from 0 to 100"
                self.assertEqual(response.json(), {"field": "counts.1.expected", "error": words})

    def test_wrong_table_names_row_and_column_and_publishes_nothing(self):
        for table, field in [
            (b"race,D\nPA,5\nXX,5\n", "counts.2.race"),
            (b"race,D\nPA,5\nPA,6\n", "counts.2.race"),
            (b"race,D\nPA,many\n", "counts.1.D"),
            (b"race,D,expected\nPA,5,101\n", "counts.1.expected"),
            (b"race,votes\nPA,5\n", "counts.head"),
            (b"race,D\nPA,5,6,7\n", "counts.1"),
            (b"race,D\nPA,\xe9\n", "file"),
            (b"", "counts"),
        ]:
            with self.subTest(table=table):
                response = self.post(table, "counts")
                self.assertEqual(response.status_code, 400)
                self.assertEqual(response.json()["field"], field, response.json())
        response = self.post(b"race,D\nPA,5\n", "counts?contest=senate")
        self.assertEqual((response.status_code, response.json()["field"]), (400, "contest"))
        self.assertEqual(self.counts(), {})
