"""The users who have a desk open, as one console knows them."""

from unittest import TestCase

from broadcaster.desk.presence import GONE, Person, Presence


class People(TestCase):
    def test_others_are_the_users_of_consoles_that_announced_themselves_lately(self):
        presence = Presence()
        for console, user, now in [
            ("one", "editor", 0.0),
            ("two", "editor", 5.0),
            ("three", "broadcaster", 5.0),
            ("four", "me", 5.0),
            ("five", "", 5.0),  # of a server of an earlier version
        ]:
            presence.note(console, Person(user, may_confirm=user == "editor"), now)

        broadcaster, editor = Person("broadcaster", False), Person("editor", True)
        self.assertEqual(presence.others("me", 6.0), [broadcaster, editor])
        presence.note("two", editor, 6.0 + GONE)
        self.assertEqual(presence.others("me", 6.0 + GONE), [editor])
        self.assertEqual(presence.others("me", 17.0 + 2 * GONE), [])
