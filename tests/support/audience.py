"""People in front of the viewers' pages: one server and one browser for a class of tests."""

import uuid

from broadcaster.models import Broadcast
from tests.support.browser import Visit, chromium
from tests.support.server import Server
from tests.support.staff import publisher


class Audience:
    """For test cases: `visit` opens pages, `put` publishes on the broadcast at `path`, which each
    test has to itself."""

    environment: dict[str, str] = {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = Server(**cls.environment)
        cls.prepare(cls.server)
        cls.enterClassContext(cls.server)
        cls.browser = cls.enterClassContext(chromium())

    @classmethod
    def prepare(cls, server):
        """What has to be done before the server starts."""

    def setUp(self):
        slug = f"night-{uuid.uuid4().hex[:8]}"
        self.broadcast = Broadcast.objects.create(
            slug=slug, title="Night", election=2020, second_person="never"
        )
        self.put = publisher(self.server, self.broadcast)
        self.path = f"/broadcasts/{slug}/"

    def visit(self, **options):
        visit = Visit(self.browser, self.server, **options)
        self.addCleanup(visit.context.close)
        return visit
