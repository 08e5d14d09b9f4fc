"""An election night as it runs in production: with Redis and a worker."""

from tests.end_to_end.evening import Evening
from tests.support.server import ServeProcess, redis, worker


class ElectionNight(Evening):
    def test_evening_with_redis_and_a_worker(self):
        url = self.enterContext(redis())
        self.server = self.enterContext(ServeProcess(REDIS_URL=url, HEARTBEAT="2"))
        self.enterContext(worker(self.server))
        self.open_all_pages()
        self.run_before()
        self.prepare_cue()
        self.run_on_air()
        self.run_after()
