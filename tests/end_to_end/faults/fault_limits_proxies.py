"""The limits of `serve` hold through the proxies of deploy/, too."""

from tests.end_to_end.faults.limits import (
    AT_ONCE,
    IMPORT,
    MEGABYTE,
    head,
    large_bodies,
    large_heads,
    send,
    upload,
)
from tests.support.proxies import HAProxy, Nginx, ProxyCase, send_request


class ThroughProxies:
    """The same inputs through a proxy: it or the server behind it rejects them."""

    def test_same_limits_hold(self):
        with self.proxy_class(*self.servers) as proxy:
            for name, begin, more in large_heads(self.slug):
                with self.subTest(name):
                    status, seconds = send(proxy.port, begin, more, 80 * MEGABYTE)
                    self.assertIn(status, self.large_head)
                    self.assertLess(seconds, AT_ONCE)
            for name, begin, more in large_bodies(self.slug):
                if name in self.endless:
                    continue
                with self.subTest(name):
                    status, seconds = send(proxy.port, begin, more, 50 * MEGABYTE)
                    self.assertIn(status, self.large_body)
                    self.assertLess(seconds, AT_ONCE)
            lines = head(f"POST {IMPORT}", f"Content-Length: {16 * MEGABYTE}") + b"\r\n"
            self.assertEqual(send(proxy.port, lines, b"x", 16 * MEGABYTE)[0], 403)
            self.assertEqual(send(proxy.port, head("TRACE /") + b"\r\n")[0], 405)
            upload(self, proxy.port, 16 * MEGABYTE)
            for server in self.servers:
                self.assertEqual(send_request(server.port, "/healthz")[0], 200)


class NginxLimits(ThroughProxies, ProxyCase):
    proxy_class = Nginx
    large_head = (414, 431)
    large_body = (413,)
    endless = ("an extension of a chunk", "trailers")  # nginx reads them, and passes nothing on


class HAProxyLimits(ThroughProxies, ProxyCase):
    proxy_class = HAProxy
    large_head = (400,)
    large_body = (413, 400)
    endless = ()
