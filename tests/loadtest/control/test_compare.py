"""Comparing reports, also those of strangers."""

import json
import tempfile
from array import array
from dataclasses import replace
from pathlib import Path
from unittest import TestCase

import msgspec

from loadtest.control.compare import Side, as_table, compare, load_side, spread_text
from loadtest.control.compare_page import as_html
from loadtest.swarm.report.build import build_report
from loadtest.swarm.tally import MessageTally
from loadtest.swarm.verdict import judge
from tests.loadtest.examples import MS, SECOND, good_run


def report(delay=20, label="run"):
    """Return the report of a run whose deliveries all took so many ms."""
    run = good_run()
    run.label = label
    for number in range(3):
        receipts = {"ws": array("q", [number * SECOND + delay * MS] * 2)}
        run.tallies[0].messages[number + 2] = MessageTally.fold(receipts, number * SECOND, 2)
    return build_report(run, judge(run))


def side(name, *delays):
    return Side(name, [report(delay, name) for delay in delays])


class Comparison(TestCase):
    def row(self, a, b, meaning="every 1 s: delay of the last delivery"):
        return next(row for row in compare(a, b) if row.meaning == meaning)

    def test_difference_is_that_of_the_medians(self):
        row = self.row(side("A", 20, 22, 24), side("B", 33, 30, 40))
        self.assertAlmostEqual(row.difference or 0, 0.5)
        self.assertTrue(row.distinct)

    def test_repeats_that_overlap_are_not_distinct(self):
        self.assertFalse(self.row(side("A", 20, 25, 30), side("B", 29, 35, 40)).distinct)

    def test_too_few_repeats_say_nothing_about_the_spread(self):
        a, b = side("A", 20, 21), side("B", 40, 41)
        self.assertIsNone(self.row(a, b).distinct)
        self.assertIn("note: fewer than 3 repeats of each", as_table(a, b))

    def test_table_has_medians_ranges_and_the_judgement_of_the_spread(self):
        text = as_table(side("before", 20, 22, 24), side("after", 33, 30, 40))
        self.assertRegex(
            text,
            r"every 1 s: delay of the last delivery, ms +22\.0 \(20\.0–24\.0\) "
            r"+33\.0 \(30\.0–40\.0\) +\+50% +beyond the spread",
        )

    def test_runs_that_prove_nothing_and_plans_that_differ_are_named(self):
        other = report()
        other.plan = replace(other.plan, clients=900)
        other.verdict.exit_code = 5
        other.verdict.valid = False
        text = as_table(side("A", 20), Side("B", [other]))
        self.assertIn("note: clients differs: 2 / 900", text)
        self.assertIn("note: B: INVALID", text)

    def test_repeat_that_proves_nothing_is_named_by_its_number(self):
        bad = report()
        bad.verdict.exit_code = 5
        bad.verdict.valid = False
        text = as_table(side("A", 20), Side("B", [report(), bad]))
        self.assertIn("note: B, run 2: INVALID", text)

    def test_missing_deliveries_are_infinitely_late(self):
        run = good_run()
        run.tallies[0].messages[3].expected += 1
        text = as_table(side("A", 20), Side("B", [build_report(run, judge(run))]))
        self.assertRegex(text, r"delay of the last delivery, ms +20\.0 +∞ ")

    def test_spread_of_repeats_has_median_and_range(self):
        text = spread_text(side("A", 20, 22, 24))
        self.assertIn("3 repeats: median (lowest–highest)", text)
        self.assertRegex(text, r"delay of the last delivery +22\.0 \(20\.0–24\.0\) ms")

    def test_page_overlays_the_spectra_and_needs_no_network(self):
        page = as_html(side("A $x$", 20, 21), side("<b>", 30))
        self.assertEqual(page.count("<figure>"), 1)
        self.assertIn("A: A $x$", page)
        self.assertIn("&lt;b&gt;", page)
        for text in ("<b>", "<script", "<link", "src="):
            self.assertNotIn(text, page)


class Files(TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def write(self, data, name="report.json"):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        return path

    def encoded(self, **changes):
        return msgspec.json.encode(msgspec.to_builtins(report()) | changes)

    def test_report_and_folder_of_repeats_are_loaded(self):
        for number in "12":
            self.write(self.encoded(label="night"), f"{number}/report.json")
        found = load_side(self.folder)
        self.assertEqual((found.name, len(found.reports)), ("night", 2))
        self.assertEqual(len(load_side(self.folder / "1" / "report.json").reports), 1)

    def test_everything_else_is_refused_in_a_sentence(self):
        deep = b"[" * 100_000
        shallow = b'{"schema": ' + b'{"a":' * 50_000
        for data in (
            b"",
            b"\xff\xfe",
            b"null",
            b"[]",
            b'{"schema": "mapcenter.contest/1"}',
            deep,
            shallow,
            self.encoded(schema="mapcenter.swarm/2"),
            self.encoded(label="\x1b[2J"),
            self.encoded(label=7),
            self.encoded(spectrum={"ws": [[1, 2]]}),
            self.encoded(spectrum={"ws": [[0.5, -3]]}),
            self.encoded(spectrum={"ws": [[0.5, 1e300]]}),
            self.encoded(spectrum={"\x1b": []}),
            self.encoded(rounds=[]).replace(b'"heartbeat":25.0', b'"heartbeat":1e999'),
            self.encoded().replace(b'"heartbeat":25.0', b'"heartbeat":NaN'),
        ):
            path = self.write(data)
            with self.subTest(data[:60]), self.assertRaisesRegex(ValueError, "is not a report"):
                load_side(path)

    def test_report_with_unknown_keys_is_read(self):
        data = json.loads(self.encoded()) | {"of the future": 1}
        self.assertEqual(len(load_side(self.write(json.dumps(data).encode())).reports), 1)

    def test_files_that_are_not_there_are_named(self):
        with self.assertRaisesRegex(ValueError, "missing.json cannot be read: No such file"):
            load_side(self.folder / "missing.json")
        with self.assertRaisesRegex(ValueError, "has no report.json"):
            load_side(self.folder)
