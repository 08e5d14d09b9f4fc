"""parse_change(): untrusted JSON becomes a change, or the error names the wrong field."""

from unittest import TestCase

from hypothesis import given
from hypothesis import strategies as st

from broadcaster.domain.change import Change
from broadcaster.domain.change_parsing import parse_change as domain_parse
from broadcaster.domain.rejection import InvalidInput
from tests.support.changes import parse_change
from tests.support.contests import PRESIDENT_2020

PA = {"PA": {"status": "called", "party": "D"}}
HEADLINE = {"headline": "Pennsylvania"}

WRONG = [
    ([], "change"),
    ({}, "change"),
    ({"colour": "red"}, "colour"),
    ({"kind": "explode"}, "kind"),
    ({"kind": 7}, "kind"),
    ({"kind": {}}, "kind"),
    ({"view": "OH"}, "view"),
    ({"view": {"focus": "XX"}}, "view.focus"),
    ({"view": {"focus": ["OH"]}}, "view.focus"),
    ({"view": {"contest": "senate"}}, "view.contest"),
    ({"view": {"layer": "president"}}, "view.layer"),
    ({"view": {"highlight": "OH"}}, "view.highlight"),
    ({"view": {"highlight": ["OH", "Ohio"]}}, "view.highlight"),
    ({"view": {"highlight": ["OH"] * 500}}, "view.highlight"),
    ({"view": {"zoom": 3}}, "view.zoom"),
    ({"calls": {}}, "calls"),
    ({"calls": ["PA"]}, "calls"),
    ({"calls": {"president": {}}}, "calls.president"),
    ({"calls": {"president": {}, "senate": {"OH": {}}}}, "calls.senate"),
    ({"counts": {}}, "counts"),
    ({"counts": {"PA": {}}}, "counts.president.PA.votes"),
    ({"counts": {"PA": {"votes": {"X": 1}}}}, "counts.president.PA.votes.X"),
    ({"counts": {"PA": {"votes": {"D": -1}}}}, "counts.president.PA.votes.D"),
    ({"counts": {"PA": {"votes": {"D": 1.5}}}}, "counts.president.PA.votes.D"),
    ({"counts": {"PA": {"votes": {}, "expected": 1.01}}}, "counts.president.PA.expected"),
    ({"counts": {"PA": {"votes": {}, "expected": True}}}, "counts.president.PA.expected"),
    ({"kind": "hold", "counts": {"PA": {"votes": {"D": 1}}}}, "counts"),
    ({"calls": {"president": {"ZZ": {"status": "called", "party": "D"}}}}, "calls.president.ZZ"),
    ({"calls": {"ME": {"status": "called", "party": "D"}}}, "calls.president.ME"),
    ({"calls": {"PA": "D"}}, "calls.president.PA"),
    ({"calls": {"PA": {}}}, "calls.president.PA.status"),
    ({"calls": {"PA": {"status": "won", "party": "D"}}}, "calls.president.PA.status"),
    ({"calls": {"PA": {"status": "called"}}}, "calls.president.PA.party"),
    ({"calls": {"PA": {"status": "called", "party": "G"}}}, "calls.president.PA.party"),
    ({"calls": {"PA": {"status": "too_close", "party": "D"}}}, "calls.president.PA.party"),
    ({"calls": {"PA": {"status": "called", "party": "D", "by": "me"}}}, "calls.president.PA.by"),
    ({"calls": PA}, "story.headline"),
    ({"calls": PA, "story": {"headline": "  "}}, "story.headline"),
    ({"calls": PA, "story": {"headline": "\u200b \u2066\u2069"}}, "story.headline"),
    ({"calls": {"PA": {"status": "retracted"}}, "story": HEADLINE}, "calls.president.PA.status"),
    ({"story": {"headline": "x" * 201}}, "story.headline"),
    ({"story": {"headline": 5}}, "story.headline"),
    ({"story": {"headline": "a\x00b"}}, "story.headline"),
    ({"story": {"body": "\ud800"}}, "story.body"),
    ({"story": {"headline": "a\ufffe"}}, "story.headline"),
    ({"story": {"body": "\uffff"}}, "story.body"),
    ({"story": {"body": "\ufdd0"}}, "story.body"),
    ({"story": {"annotations": [{"text": "\U0010ffff"}]}}, "story.annotations.text"),
    ({"story": {"announce": "shout"}}, "story.announce"),
    ({"story": {"annotations": [{"at": "PA", "text": 1}]}}, "story.annotations.text"),
    ({"story": {"annotations": [{"at": "Mars", "text": "x"}]}}, "story.annotations.at"),
    ({"story": {"annotations": [{}] * 21}}, "story.annotations"),
    ({"kind": "start", "view": {"focus": ""}}, "view"),
    ({"kind": "end", "calls": PA, "story": HEADLINE}, "calls"),
    ({"view": {"focus": ""}, "reason": "because"}, "reason"),
    ({"view": {"focus": ""}, "corrects": 3}, "corrects"),
    ({"kind": "correct", "calls": PA, "story": HEADLINE, "reason": "x"}, "corrects"),
    ({"kind": "correct", "calls": PA, "story": HEADLINE, "corrects": 3}, "reason"),
    ({"kind": "correct", "corrects": 3, "reason": "x", "story": HEADLINE}, "calls"),
    ({"kind": "correct", "corrects": True, "reason": "x", "calls": PA}, "corrects"),
    ({"kind": "correct", "corrects": -1, "reason": "x", "calls": PA}, "corrects"),
    ({"kind": "correct", "corrects": 3, "reason": "x", "calls": PA}, "story.headline"),
]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
near_misses = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from(["update", "correct", "hold"]) | json_values,
        "view": st.fixed_dictionaries({}, optional={"focus": json_values}) | json_values,
        "calls": st.dictionaries(st.sampled_from(["PA", "ME-1", "ZZ"]), json_values) | json_values,
        "counts": st.dictionaries(st.sampled_from(["PA", "ZZ"]), json_values) | json_values,
        "story": st.fixed_dictionaries({"headline": st.text()}) | json_values,
        "corrects": json_values,
        "reason": json_values,
    },
)


class ParseChangeTests(TestCase):
    def test_wrong_change_names_the_field(self):
        for data, field in WRONG:
            with self.subTest(data=data), self.assertRaises(InvalidInput) as caught:
                parse_change(data) if isinstance(data, dict) else domain_parse(data, PRESIDENT_2020)
            self.assertEqual(caught.exception.field, field, data)

    def test_error_lists_the_contests_that_there_are(self):
        with self.assertRaises(InvalidInput) as caught:
            parse_change({"calls": {"senate": {"ZZ": {}}, "president": {}}})
        words = "calls.senate: unknown contest; there is president"
        self.assertEqual(str(caught.exception), words)

    def test_whole_map_may_be_named_as_its_geometry_does(self):
        for focus in ("", "US"):
            change = parse_change(
                {"view": {"focus": focus}, "story": {"annotations": [{"at": focus}]}}
            )
            self.assertEqual((change.view.focus, change.story.annotations[0].at), (focus, focus))

    def test_counts_need_no_headline(self):
        change = parse_change({"counts": {"PA": {"votes": {"D": 5, "R": 3}, "expected": 0.123456}}})
        self.assertEqual(
            change.to_dict()["counts"],
            {"president": {"PA": {"votes": {"D": 5, "R": 3}, "expected": 0.1235}}},
        )

    def test_missing_fields_get_their_defaults(self):
        change = parse_change({"view": {}, "story": {"headline": " Hello "}})

        self.assertEqual(change.kind, "update")
        data = change.to_dict()
        self.assertEqual(data["view"], {"contest": "president", "focus": "", "highlight": []})
        self.assertEqual(
            data["story"],
            {"headline": "Hello", "body": "", "annotations": [], "announce": "polite"},
        )
        self.assertIsNone(change.calls)

    @given(near_misses | json_values)
    def test_any_json_becomes_a_change_or_names_a_field(self, data):
        try:
            change = (
                parse_change(data) if isinstance(data, dict) else domain_parse(data, PRESIDENT_2020)
            )
        except InvalidInput as error:
            self.assertTrue(error.field)
            str(error).encode("utf-8", "replace")
        else:
            self.assertIsInstance(change, Change)
            self.assertEqual(parse_change(change.to_dict()), change)
            str(change.to_dict()).encode()
