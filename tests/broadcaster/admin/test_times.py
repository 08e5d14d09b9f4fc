"""Times in forms: the newsroom's time zone, and the nights on which clocks are changed."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.test import SimpleTestCase, override_settings
from django.urls import reverse

from broadcaster.admin.times import SpanField, span_words
from broadcaster.models import Broadcast
from tests.broadcaster.admin.test_broadcasts import AdminCase
from tests.support.contests import president

EASTERN = ZoneInfo("America/New_York")
TWICE = {"starts_at_0": "2028-11-05", "starts_at_1": "01:30"}  # clocks go back from 2:00 to 1:00
NEVER = {"starts_at_0": "2028-03-12", "starts_at_1": "02:30"}  # they go forward over it


class PlannedTimes(AdminCase):
    def setUp(self):
        super().setUp()
        self.night = Broadcast.objects.create(slug="night", title="Night", contests=president(2024))

    def starts_at(self):
        self.night.refresh_from_db()
        return self.night.starts_at

    def form(self):
        return self.client.get(reverse("admin:broadcaster_broadcast_change", args=[self.night.pk]))

    def test_form_names_the_time_zone(self):
        self.assertContains(self.form(), "Time zone: America/New_York.")
        self.assertContains(self.form(), "times in America/New_York")

    def test_time_is_read_in_the_time_zone_of_the_newsroom(self):
        self.save(self.night, starts_at_0="2028-11-07", starts_at_1="19:00")
        self.assertEqual(self.starts_at(), datetime(2028, 11, 7, 19, tzinfo=EASTERN))
        with override_settings(TIME_ZONE="Europe/Berlin"):
            self.assertContains(self.form(), 'value="01:00:00"')
            self.assertContains(self.form(), 'value="2028-11-08"')

    def test_hour_that_comes_twice_is_asked_about(self):
        page = self.save(self.night, **TWICE)

        self.assertContains(page, "This hour comes twice")
        self.assertContains(page, "the first, EDT (UTC-0400)")
        self.assertContains(page, "the second, EST (UTC-0500)")
        self.assertIsNone(self.starts_at())

    def test_answer_chooses_between_the_two_and_is_kept(self):
        for which, hours in (("0", 5), ("1", 6)):
            self.save(self.night, **TWICE, starts_at_2=which)
            self.assertEqual(self.starts_at().isoformat(), f"2028-11-05T0{hours}:30:00+00:00")
            form = self.form()
            self.assertContains(form, f'<option value="{which}" selected>')
            self.assertEqual(form.context["adminform"].form["starts_at"].initial.hour, hours)

    def test_saving_a_form_unchanged_changes_no_time(self):
        self.save(self.night, **TWICE, starts_at_2="1")
        before = self.starts_at()
        self.save(self.night, **TWICE, starts_at_2="1", title="Late night")
        self.assertEqual(self.starts_at(), before)
        self.assertNotIn("Planned start", self.night.audit.order_by("pk").last().detail)

    def test_hour_that_does_not_exist_is_rejected(self):
        self.assertContains(self.save(self.night, **NEVER), "This time does not exist")
        self.assertIsNone(self.starts_at())

    def test_nothing_is_asked_about_other_hours(self):
        self.save(self.night, starts_at_0="2028-11-05", starts_at_1="02:00")
        self.assertNotContains(self.form(), "Which of the two")

    def test_date_without_a_time_is_incomplete_and_neither_is_no_time(self):
        page = self.save(self.night, starts_at_0="2028-11-05", starts_at_1="")
        self.assertContains(page, "Enter a complete value")
        self.save(self.night, **TWICE, starts_at_2="1")
        self.save(self.night, starts_at_0="", starts_at_1="", starts_at_2="1")
        self.assertIsNone(self.starts_at())


class EditorsForms(AdminCase):
    def test_pages_of_a_broadcast_have_no_words_of_the_protocol(self):
        night = Broadcast.objects.create(slug="night", title="Night", contests=president(2024))
        for page in (
            self.page("broadcast_change", night.pk),
            self.page("broadcast_changelist"),
            self.page("publication_changelist"),
        ):
            self.assertNotContains(page, "Epoch")
            self.assertNotContains(page, ">Seq<")
            self.assertNotContains(page, night.epoch)


class Spans(SimpleTestCase):
    def test_span_is_read_as_hours_minutes_and_seconds(self):
        field = SpanField(low=-9000, high=9000, help_text="", required=False)
        for text, seconds in {
            "1:05:00": 3900,
            "65:00": 3900,
            "3900": 3900,
            "-0:00:01.5": -1.5,
            "": None,
        }.items():
            self.assertEqual(field.clean(text), seconds, text)

    def test_span_is_written_as_hours_minutes_and_seconds(self):
        for seconds, words in {3900: "1:05:00", -1.5: "-0:00:01.5", 59.9999: "0:01:00"}.items():
            self.assertEqual(span_words(seconds), words)
