"""TCP connections of simulated viewers, and the buffer sizes that keep them small."""

import asyncio
import socket

from loadtest.common.target import Target

IP_BIND_ADDRESS_NO_PORT = 24  # <linux/in.h>; Python names it since 3.12
READ_BUFFER = 2048  # bytes per WebSocket; the default is 16 KiB, and frames have some 200 bytes


async def connect(target: Target, source_ip: str = "") -> socket.socket:
    """Return a connected TCP socket. Raises OSError.

    The kernel chooses the source port on connecting, not on binding: two sockets may then share
    it if their destinations differ, and the kernel need not search.
    """
    family = socket.AF_INET6 if ":" in target.address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        if source_ip:
            sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            sock.bind((source_ip, 0))
        await asyncio.get_running_loop().sock_connect(sock, (target.address, target.port))
    except BaseException:
        sock.close()
        raise
    return sock
