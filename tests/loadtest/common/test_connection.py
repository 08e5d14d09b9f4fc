"""Connections of simulated viewers, and the network that they lose."""

import asyncio
import socket
from unittest import IsolatedAsyncioTestCase

from loadtest.common.connection import connect, is_established, lose_network, regain_network
from loadtest.common.target import Target
from tests.support.server import LIMIT


class Receiver(asyncio.Protocol):
    """Keeps what it receives."""

    def __init__(self):
        self.data = b""
        self.came = asyncio.Event()

    def data_received(self, data):
        self.data += data
        self.came.set()


def unacknowledged(sock):
    """Return how many segments the peer has not acknowledged: tcpi_unacked."""
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    return int.from_bytes(info[24:28], "little")


class Network(IsolatedAsyncioTestCase):
    def listen(self, family=socket.AF_INET, address="127.0.0.1"):
        listener = socket.create_server((address, 0), family=family)
        self.addCleanup(listener.close)
        port = listener.getsockname()[1]
        return listener, Target(f"http://{address}:{port}", address, address, port)

    async def accept(self, listener, target, **options):
        """Return both ends of a connection: the viewer's transport and the server's socket."""
        sock = await connect(target, **options)
        loop = asyncio.get_running_loop()
        transport, receiver = await loop.create_connection(Receiver, sock=sock)
        self.addCleanup(transport.abort)
        server, peer = listener.accept()
        self.addCleanup(server.close)
        return transport, receiver, server, peer[0]

    async def test_viewer_without_network_acknowledges_nothing_until_it_is_back(self):
        transport, receiver, server, _ = await self.accept(*self.listen())
        lose_network(transport)
        server.sendall(b"update")
        async with asyncio.timeout(LIMIT):
            while not unacknowledged(server):
                await asyncio.sleep(0)
        self.assertEqual(receiver.data, b"")

        regain_network(transport)
        async with asyncio.timeout(LIMIT):
            await receiver.came.wait()  # the kernel repeats it
        self.assertEqual(receiver.data, b"update")
        self.assertEqual(unacknowledged(server), 0)

    async def test_closed_connection_is_noticed_without_reading(self):
        transport, _, server, _ = await self.accept(*self.listen(), receive_buffer=4096)
        transport.pause_reading()
        self.assertTrue(is_established(transport))
        server.close()
        async with asyncio.timeout(LIMIT):
            while is_established(transport):
                await asyncio.sleep(0)

    async def test_connections_come_from_the_given_address(self):
        *_, peer = await self.accept(*self.listen(), source_ip="127.0.9.9")
        self.assertEqual(peer, "127.0.9.9")

    async def test_ipv6_connections_come_from_the_given_address(self):
        *_, peer = await self.accept(*self.listen(socket.AF_INET6, "::1"), source_ip="::1")
        self.assertEqual(peer, "::1")
