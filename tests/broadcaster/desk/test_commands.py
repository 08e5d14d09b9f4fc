"""The desk's commands: take and undo, their errors and their entries in the audit."""

from broadcaster.desk.commands import execute
from broadcaster.models import AuditEntry, Broadcast
from broadcaster.publishing.actor import Actor
from broadcaster.publishing.history import desk_log
from tests.support.desk import VIEW, DeskCase, calling


class TakeCommand(DeskCase):
    def test_take_is_published_and_audited(self):
        answer = self.do(self.broadcaster, "take", change=calling("PA"))

        self.assertEqual(answer, (201, {"epoch": self.night.epoch, "seq": 2}))
        entry = AuditEntry.objects.get()
        self.assertEqual(
            (entry.who, entry.action, entry.seq, entry.via, entry.address),
            ("broadcaster", "took", 2, "socket", "192.0.2.7"),
        )
        self.assertEqual(entry.detail, "update 2, PA called")
        newest = desk_log(Broadcast.objects.get())[-1]
        self.assertEqual(
            (newest["by"], newest["via"], newest["cue"], newest["confirmed_by"]),
            ("broadcaster", "socket", None, None),
        )

    def test_address_that_is_none_is_left_out_of_the_audit(self):
        """Proxies may put any text into X-Forwarded-For. These tests run on PostgreSQL, too."""
        for address, expected in [
            ("192.0.2.7", "192.0.2.7"),
            (" 2001:DB8::1 ", "2001:db8::1"),
            ("unknown", None),
            ("a, b", None),
            ("192.0.2.7, 192.0.2.8", None),
            ("_hidden", None),
            ("256.1.1.1", None),
            ("localhost", None),
            ("192.0.2.7:4711", None),
            ("fe80::1%eth0", None),
            ("\0", None),
            ("", None),
            (None, None),
        ]:
            with self.subTest(address=address):
                actor = Actor(self.broadcaster, "socket", address)
                change = {"story": {"headline": f"News from {address!a}"}}
                status, answer = execute(self.night, {"command": "take", "change": change}, actor)
                self.assertEqual(status, 201, answer)
                self.assertEqual(AuditEntry.objects.first().address, expected)

    def test_take_without_permission_is_audited_with_its_change(self):
        self.assert_rejected(
            self.do(self.contributor, "take", change=calling("PA")), 403, "may not take"
        )
        self.assert_rejected(
            self.do(self.broadcaster, "take", change={"kind": "end"}), 403, "may not"
        )

        entry = AuditEntry.objects.last()
        self.assertEqual(self.audited(), [("contributor", "refused"), ("broadcaster", "refused")])
        self.assertIn("PA called", entry.detail)
        self.assertEqual(self.seq(), 1)

    def test_take_without_effect_is_rejected(self):
        self.do(self.broadcaster, "take", change=calling("PA"))

        again = self.do(self.broadcaster, "take", change=calling("PA"))

        self.assert_rejected(again, 409, "PA is called D already")
        self.assertEqual(self.seq(), 2)

    def test_repeated_client_id_publishes_once(self):
        first = self.do(self.broadcaster, "take", change=VIEW, client_id="one")
        again = self.do(self.broadcaster, "take", "console", change=VIEW, client_id="one")

        self.assertEqual(first, again)
        self.assertEqual(self.audited(), [("broadcaster", "took")])

    def test_take_off_air_is_rejected_and_audited(self):
        self.do(self.editor, "take", change={"kind": "end"})

        self.assert_rejected(self.do(self.broadcaster, "take", change=VIEW), 409, "off air")
        self.assertEqual(self.audited(), [("editor", "ended"), ("broadcaster", "refused")])

    def test_wrong_commands_name_the_field(self):
        cue = self.cue()
        for data, field in [
            ({}, "command"),
            ({"command": "explode"}, "command"),
            ({"command": ["take"]}, "command"),
            ({"command": "take"}, "change"),
            ({"command": "take", "change": VIEW, "cue": cue}, "cue"),
            ({"command": "take", "change": VIEW, "": None}, '""'),
            ({"command": "take", "change": VIEW, "client_id": 7}, "client_id"),
            ({"command": "take_cue", "cue": "1", "version": 1}, "cue"),
            ({"command": "take_cue", "cue": cue, "version": True}, "version"),
            ({"command": "take_cue", "cue": cue}, "version"),
            ({"command": "prepare", "title": " ", "change": VIEW}, "title"),
            ({"command": "prepare", "title": "x" * 121, "change": VIEW}, "title"),
            ({"command": "prepare", "title": "x", "change": {"calls": {}}}, "calls"),
            ({"command": "move", "cue": cue, "before": "last"}, "before"),
            ({"command": "schedule", "cue": cue, "version": 1, "at": 4_102_444_800_001}, "at"),
            ({"command": "schedule", "cue": cue, "version": 1, "at": "8 pm"}, "at"),
        ]:
            with self.subTest(data=data):
                status, answer = execute(self.night, data, Actor(self.editor, "socket"))
                self.assertEqual((status, answer.get("field")), (400, field), answer)
                entry = AuditEntry.objects.first()
                self.assertIn(f"{field}: {answer['error']}", entry.detail)
                self.assertEqual((entry.who, entry.action), ("editor", "refused"))

    def test_undo_restores_the_previous_view_and_a_second_undo_reverts_it(self):
        for focus in ("OH", "TX", "TX"):
            story = {"headline": f"To {focus}", "announce": "none"}
            self.do(self.broadcaster, "take", change={"view": {"focus": focus}})
            self.do(self.broadcaster, "take", change={"story": story})
        focuses = []
        for _ in range(2):
            self.assertEqual(self.do(self.broadcaster, "undo_view")[0], 201)
            self.night.refresh_from_db()
            focuses.append(self.night.state.to_dict()["view"]["focus"])

        self.assertEqual(focuses, ["OH", "TX"])
        self.assertEqual(self.audited()[-1], ("broadcaster", "undid"))
        self.assertEqual(self.night.state.to_dict()["story"]["headline"], "To TX")

    def test_undo_of_the_first_view_restores_the_default_view(self):
        self.assert_rejected(self.do(self.broadcaster, "undo_view"), 409, "no other view")
        self.do(self.broadcaster, "take", change=VIEW)

        first = self.do(self.broadcaster, "undo_view", client_id="u")
        again = self.do(self.broadcaster, "undo_view", client_id="u")

        self.assertEqual(first, again)
        self.assertEqual(Broadcast.objects.get().state.to_dict()["view"]["focus"], "US")
        self.assert_rejected(self.do(self.contributor, "undo_view"), 403, "may not")
