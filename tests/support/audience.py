"""A mixin for test cases with one server and one browser that opens viewers' pages."""

import uuid

from broadcaster.models import Broadcast
from tests.support.browser import Visit, chromium
from tests.support.contests import president
from tests.support.server import ServeProcess
from tests.support.staff import publisher


class BrowserAudience:
    """Mixin for test cases in which each test has its own broadcast, at `path`.

    `visit` returns a browser page; `publish` publishes a change on the broadcast.
    """

    environment: dict[str, str] = {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = ServeProcess(**cls.environment)
        cls.prepare(cls.server)
        cls.enterClassContext(cls.server)
        cls.browser = cls.enterClassContext(chromium())

    @classmethod
    def prepare(cls, server):
        """Prepare the server before it starts."""

    def setUp(self):
        slug = f"night-{uuid.uuid4().hex[:8]}"
        self.broadcast = Broadcast.objects.create(
            slug=slug, title="Night", contests=president(2020), approval="never"
        )
        self.publish = publisher(self.server, self.broadcast)
        self.path = f"/broadcasts/{slug}/"

    def visit(self, **options):
        visit = Visit(self.browser, self.server, **options)
        self.addCleanup(visit.context.close)
        return visit
