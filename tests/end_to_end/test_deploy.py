"""Viewers and publishing through the proxies of deploy/, with and without TLS."""

import json
import ssl
import tempfile
import threading
import time
from pathlib import Path

from websockets.sync.client import connect

from tests.support.certificates import make_certificate
from tests.support.proxies import HAProxy, Nginx, Proxy, ProxyCase, send_request
from tests.support.server import LIMIT, wait_for
from tests.support.watcher import PollWatcher, WebSocketWatcher

CALL = {
    "calls": {"president": {"VT": {"status": "called", "party": "D"}}},
    "story": {"headline": "Vermont"},
}


class SameOnBoth:
    """Tests that both proxies must pass."""

    proxy_class: type[Proxy]

    def start(self, **options):
        return self.enterContext(self.proxy_class(*self.servers, **options))

    def watchers(self, proxy, count=1):
        watchers = [
            kind(proxy, self.slug) for _ in range(count) for kind in (WebSocketWatcher, PollWatcher)
        ]
        for watcher in watchers:
            self.addCleanup(watcher.close)
        return watchers

    def test_viewers_get_an_update_that_is_published_through_the_proxy(self):
        proxy = self.start()
        watchers = self.watchers(proxy)
        for watcher in watchers:
            watcher.follow_to(1)

        self.publish(proxy, CALL)
        for watcher in watchers:
            watcher.follow_to(2)

        for watcher in watchers:
            self.assertEqual(watcher.names(), ["snapshot", "updates"])
            self.assertEqual(watcher.state.totals["president"]["D"], 3)

    def test_viewers_of_a_server_that_stops_continue_at_the_other(self):
        proxy = self.start()
        watchers = self.watchers(proxy, 4)
        for watcher in watchers:
            watcher.follow_to(1)
        threads = [
            threading.Thread(target=watcher.follow_to, args=(4,), daemon=True)
            for watcher in watchers
        ]
        for thread in threads:
            thread.start()
        self.publish(self.servers[1], CALL)
        wait_for(lambda: all(watcher.seq == 2 for watcher in watchers), "all to be at 2")

        self.servers[0].stop()
        self.addCleanup(self.servers[0].start)
        self.publish(proxy, {"view": {"focus": "OH"}})
        self.publish(proxy, {"view": {"focus": "PA"}})
        for thread in threads:
            thread.join(LIMIT)

        for watcher in watchers:
            self.assertEqual(watcher.seqs(), [2, 3, 4])
            self.assertEqual(watcher.state.view.focus, "PA")
            self.assertNotIn("gap", [name for name, _ in watcher.events])
        codes = [frame["code"] for w in watchers for frame in w.frames if frame["t"] == "bye"]
        self.assertIn(4200, codes)

    def test_metrics_are_not_public(self):
        proxy = self.start()
        self.assertEqual(send_request(self.servers[1].port, "/metrics")[0], 200)
        ways = ("/metrics", "/%6detrics", "/metrics?x", "//metrics", "/metrics/", "/x/../metrics")
        for path in (*ways, "/./metrics", "/%2fmetrics", "/metrics#x", "/metrics%23"):
            status, _, body = send_request(proxy.port, path)
            self.assertIn(status, (400, 404), path)
            self.assertNotIn(b"mapcenter_viewers", body, path)
        self.assertEqual(send_request(proxy.port, "/healthz")[0], 200)

    def test_pages_and_snapshot_have_their_cache_headers(self):
        proxy = self.start()
        here = f"/broadcasts/{self.slug}/"
        for path in (here, f"/es{here}", f"{here}snapshot.json"):
            cache = "public, max-age=1"
            status, headers, _ = send_request(proxy.port, path)
            self.assertEqual(status, 200)
            self.assertEqual(set(headers["Cache-Control"].split(", ")), set(cache.split(", ")))
        self.assertEqual(send_request(proxy.port, "/static/viewers/follow/session.js")[0], 200)

    def test_foreign_origin_is_rejected_and_its_response_is_not_shared(self):
        proxy = self.start()
        path = self.updates("old:1")
        self.assertEqual(send_request(proxy.port, path, {"Origin": "http://evil.example"})[0], 403)
        self.assertEqual(send_request(proxy.port, path, {"Host": "evil.example"})[0], 403)
        status, _, body = send_request(proxy.port, path)
        self.assertEqual((status, json.loads(body)["t"]), (200, "snapshot"))

    def test_viewers_and_publishing_work_over_tls(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="mapcenter-tls-")))
        certificate, both = make_certificate(folder)
        proxy = self.start(certificate=both)
        tls = ssl.create_default_context(cafile=certificate)
        origin = f"https://127.0.0.1:{proxy.tls_port}"
        address = f"wss://127.0.0.1:{proxy.tls_port}/broadcasts/{self.slug}/ws"

        with connect(address, origin=origin, ssl=tls, compression=None) as viewer:
            first = json.loads(viewer.recv(LIMIT))
            self.publish(self.servers[0], CALL)
            news = json.loads(viewer.recv(LIMIT))
        status, _, body = send_request(proxy.tls_port, self.updates(f"{first['epoch']}:1"), tls=tls)

        self.assertEqual([first["t"], news["t"]], ["snapshot", "updates"])
        self.assertEqual((status, json.loads(body)), (200, news))
        self.assertEqual(send_request(proxy.tls_port, "/metrics", tls=tls)[0], 404)
        host = {"Host": "maps.example.org"}
        status, headers, _ = send_request(proxy.plain_port, "/broadcasts/x/?at=1", host)
        self.assertEqual(status, 308)
        self.assertEqual(headers["Location"], "https://maps.example.org/broadcasts/x/?at=1")


class NginxTests(SameOnBoth, ProxyCase):
    proxy_class = Nginx

    def test_body_above_128_kib_is_rejected(self):
        proxy = self.start()
        path = f"/api/broadcasts/{self.slug}/updates"
        self.assertEqual(send_request(proxy.port, path, body=" " * 131073)[0], 413)

    def test_cached_snapshot_is_at_most_a_second_old(self):
        proxy = self.start()
        path = f"/broadcasts/{self.slug}/snapshot.json"
        send_request(proxy.port, path)
        self.publish(proxy, CALL)
        began = time.monotonic()
        wait_for(
            lambda: json.loads(send_request(proxy.port, path)[2])["seq"] == 2, "the update", limit=5
        )
        self.assertLess(time.monotonic() - began, 3)  # a second, and what a busy machine needs
        self.assertLess(proxy.origin_requests(path), 5)


class HASameOnBoth(SameOnBoth, ProxyCase):
    proxy_class = HAProxy

    def test_connections_are_spread_over_the_servers(self):
        proxy = self.start()
        for watcher in self.watchers(proxy, 2):
            watcher.follow_to(1)
        texts = [send_request(server.port, "/metrics")[2].decode() for server in self.servers]
        for text in texts:
            self.assertIn(
                f'mapcenter_viewers{{broadcast="{self.slug}",transport="ws"}} 1.0\n', text
            )
