"""An election night without Redis: one process, which takes the scheduled cues itself."""

from tests.end_to_end.evening import Evening
from tests.support.server import ServeProcess


class ElectionNightWithoutRedis(Evening):
    def test_evening_without_redis(self):
        self.server = self.enterContext(ServeProcess(HEARTBEAT="2"))
        self.open_all_pages()
        self.prepare_cue()
        self.run_on_air()
