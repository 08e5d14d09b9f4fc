"""Abbreviations of time zones for scripts."""

import json
from pathlib import Path
from unittest import TestCase

from broadcaster.domain.time_zone import script_zone

VECTORS = json.loads(Path(__file__).parents[2].joinpath("vectors/wording.json").read_text())


class ScriptZoneTests(TestCase):
    def test_abbreviations_are_those_that_the_server_writes(self):
        found = {
            name: script_zone(name)["abbreviations"]
            for name in ("Europe/Berlin", "Australia/Sydney", "Asia/Kolkata", "UTC")
        }
        expected = {
            "Europe/Berlin": {"GMT+01:00": "CET", "GMT+02:00": "CEST"},
            "Australia/Sydney": {"GMT+11:00": "AEDT", "GMT+10:00": "AEST"},
            "Asia/Kolkata": {"GMT+05:30": "IST"},
            "UTC": {"GMT": "UTC"},
        }
        self.assertEqual(found, expected)

    def test_new_york_is_as_scripts_are_tested_with(self):
        self.assertEqual(script_zone("America/New_York"), VECTORS["time_zone"])
