"""A base class for tests of the console with real browsers."""

import uuid

from django.test import TransactionTestCase

from broadcaster.desk.permissions import CONTRIBUTOR
from broadcaster.desk.rundown import prepare
from broadcaster.models import Broadcast
from broadcaster.publishing.actor import Actor
from tests.support.browser import Visit, chromium, in_a_thread
from tests.support.changes import parse_change
from tests.support.contests import president
from tests.support.server import ServeProcess
from tests.support.staff import publisher, staff

PREVIEW = '[data-desk="preview"]'
PROGRAM = '[data-desk="program"]'
TAKE = '[data-action="take"]'
CONNECTED = '[data-desk="connection"][data-state="connected"]'
WIDE = {"width": 1440, "height": 900}
DONE = '[data-desk="done"]'

PRESS = """([button, place, words]) => {
    const seen = new MutationObserver(() => {
        if (!document.querySelector(place).textContent.includes(words)) return;
        seen.disconnect();
        setTimeout(() => document.querySelector(button).click());
    });
    seen.observe(document.body, { childList: true, subtree: true });
}"""


class ConsoleTestCase(TransactionTestCase):
    """A server, a browser, and a broadcast on air that staff open in the console."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(ServeProcess())
        cls.browser = cls.enterClassContext(chromium())

    def setUp(self):
        self.broadcast = Broadcast.objects.create(
            slug=f"night-{uuid.uuid4().hex[:8]}", title="Election Night", contests=president(2020)
        )
        self.publish = publisher(self.server, self.broadcast)
        self.publish({"kind": "start", "story": {"headline": "Good evening"}})
        self.path = f"/admin/broadcaster/broadcast/{self.broadcast.pk}/console/"
        self.groups = {}
        self.visits = []

    def tearDown(self):
        for visit in self.visits:
            visit.context.close()
            self.assertEqual(visit.errors, [])

    def user(self, group):
        if group not in self.groups:
            self.groups[group] = staff(group.lower().split()[0], group)
        return self.groups[group]

    def add_cue(self, title, change):
        actor = Actor(self.user(CONTRIBUTOR), "command", None)
        arguments = (self.broadcast, title, parse_change(change), None, actor)
        in_a_thread(prepare, *arguments)

    def open_console(self, group, **options):
        """Open the console as a member of `group`; return its page once it is connected."""
        visit = Visit(self.browser, self.server, **{"viewport": WIDE, **options})
        self.visits.append(visit)
        visit.log_in_as(self.user(group))
        visit.open(self.path)
        visit.wait_for(CONNECTED)
        return visit.page

    def seq(self):
        return Broadcast.objects.get(pk=self.broadcast.pk).seq

    def row(self, page, title):
        return page.locator(".cue", has_text=title)

    def titles(self, page):
        return page.locator('[data-cue="title"]').all_inner_texts()

    def press_when(self, page, button, place, words):
        """Press `button` right after `words` appear in `place`, before a person can read them."""
        page.evaluate(PRESS, [button, place, words])

    def wait_for_message(self, page, words):
        """Wait for this message of the console."""
        page.wait_for_selector(f".desk-messages >> text={words}")
