"""Rundowns as JSON and CSV: exports import unchanged, and problems name their row and column."""

import json
from unittest import TestCase

from hypothesis import given
from hypothesis import strategies as st

from broadcaster.domain.change import Kind
from broadcaster.domain.document import InvalidDocument
from broadcaster.domain.rundown_file import PreparedChange, parse_rundown, to_dict
from broadcaster.domain.rundown_table import read_rundown, write_rundown
from broadcaster.management.evening import Evening, slugs
from tests.support.changes import changes, parse_change
from tests.support.contests import PRESIDENT_2020, show

TWO = show(president="us-president-2024", senate="us-senate-2024")


def importable(data) -> bool:
    return data.kind is not Kind.CORRECT


def problems(read, data, of=PRESIDENT_2020):
    """Return the problems with which `read` rejects a file."""
    try:
        read(data, of)
    except InvalidDocument as error:
        return [str(problem) for problem in error.problems]
    raise AssertionError("it was accepted")


class ExportedRundown(TestCase):
    @given(st.lists(changes().filter(importable), min_size=1, max_size=5))
    def test_export_imports_unchanged(self, drawn):
        cues = [PreparedChange(f"Cue {number}", change) for number, change in enumerate(drawn)]
        self.assertEqual(parse_rundown(json.loads(json.dumps(to_dict(cues))), PRESIDENT_2020), cues)
        self.assertEqual(read_rundown(write_rundown(cues), PRESIDENT_2020), cues)

    def test_every_facet_of_a_change_survives_the_table(self):
        for data in (
            {"view": {"contest": "senate", "focus": "OH", "highlight": ["PA", "OH"]}},
            {"view": {"focus": ""}},
            {"counts": {"senate": {"OH": {"votes": {"D": 1, "R": 2}, "expected": 0.6325}}}},
            {"counts": {"senate": {"OH": {"votes": {}}}}},
            {"calls": {"senate": {"OH": {"status": "too_close"}}}},
            {"story": {"headline": "'=1+1", "body": "One,\n“two”; three", "announce": "none"}},
            {"story": {}},
            {
                "story": {
                    "annotations": [
                        {"contest": "senate", "at": "OH", "text": "Note: one, two"},
                        {"at": "PA", "text": "=2"},
                    ]
                }
            },
        ):
            cue = PreparedChange("-5 cue", parse_change(data, TWO))
            self.assertEqual(read_rundown(write_rundown([cue]), TWO), [cue])

    def test_demonstrations_survive_the_table(self):
        for evening in map(Evening, slugs()):
            cues = [
                PreparedChange(title, parse_change(data, evening.show))
                for title, data in evening.rundown.items()
            ]
            self.assertEqual(read_rundown(write_rundown(cues), evening.show), cues)


class TableOfCues(TestCase):
    def test_table_reads_as_an_editor_writes_it(self):
        table = "title;calls;headline\nC1;PA called D;It is Pennsylvania\n"
        [cue] = read_rundown(table, PRESIDENT_2020)
        self.assertEqual(cue.change.calls["president"]["PA"].party, "D")

    def test_calls_are_separated_by_semicolons_or_lines(self):
        table = 'title,headline,calls\nTwo,News,"PA called D; GA too_close\nAZ called R;"\n'
        [cue] = read_rundown(table, PRESIDENT_2020)
        self.assertEqual(list(cue.change.calls["president"]), ["PA", "GA", "AZ"])

    def test_problems_name_row_and_column(self):
        table = (
            "title,calls,headline,view,highlight,counts,announce,kind,annotation 1\n"
            "A,president/ZZ called D,News,,,,,,\n"
            ",,News,,,,,,\n"
            "C,PA called D,,,,,,,\n"
            "D,,News,president/Q,,,,,\n"
            "E,,News,,PA,,,,\n"
            "F,,,,,PA D=many,,,\n"
            "G,,News,,,,loud,,\n"
            "H,senate/OH called D,News,,,,,,\n"
            "I,PA called D; PA called R,News,,,,,,\n"
            "J,,,,,,,,\n"
            "K,,News,,,,,correct,\n"
            "L,,,,,,,,no place\n"
            "M,PA maybe D,News,,,,,,\n"
        )
        found = problems(read_rundown, table)
        for number, words in enumerate(
            (
                "rundown.1.calls: president/ZZ: unknown race",
                "rundown.2.title: is empty",
                "rundown.3.headline: a call needs a headline",
                "rundown.4.view: is not a known race or shape",
                "rundown.5.highlight: needs a view",
                "rundown.6.counts: PA: “D=many” is neither votes",
                "rundown.7.announce: is not one of assertive, none, polite",
                "rundown.8.calls: ",
                "rundown.9.calls: has president/PA a second time",
                "rundown.10.: has neither view, calls, story nor counts",
                "rundown.11.corrects: a correction needs it",
                "rundown.12.annotation 1: has no place before its text",
                "rundown.13.calls: president/PA status: is not one of",
            )
        ):
            self.assertTrue(found[number].startswith(words), f"{found[number]} | {words}")
        self.assertEqual(len(found), 13)

    def test_unknown_column_and_empty_table_are_rejected(self):
        self.assertIn("column 2 is “calls?”", problems(read_rundown, "title,calls?\nA,x\n")[0])
        self.assertEqual(problems(read_rundown, "title,calls\n"), ["rundown: has no cue"])


class FileOfCues(TestCase):
    def test_problems_name_cue_and_field(self):
        file = {
            "schema": "mapcenter.rundown/1",
            "cues": [
                {"title": "A", "change": {"calls": {"president": {"ZZ": {"status": "open"}}}}},
                {"title": " ", "change": {"view": {}}},
                {"title": "C", "change": {"story": {}}, "by": "me"},
                {
                    "title": "D",
                    "change": {
                        "kind": "correct",
                        "corrects": 1,
                        "reason": "Wrong",
                        "calls": {"president": {"PA": {"status": "retracted"}}},
                        "story": {"headline": "Not called"},
                    },
                },
            ],
        }
        self.assertEqual(
            problems(parse_rundown, file),
            [
                "cues.1.change.calls.president.ZZ: unknown race",
                "cues.2.title: is empty",
                "cues.3.by: unknown field",
                "cues.4.change.kind: a correction cannot be imported; make it at the desk",
            ],
        )

    def test_other_documents_are_rejected(self):
        self.assertIn("schema: is not", problems(parse_rundown, {"cues": []})[0])
        self.assertIn("is not a list", "".join(problems(parse_rundown, {"cues": {}})))
