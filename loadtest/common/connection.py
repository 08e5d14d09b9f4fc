"""TCP connections of simulated viewers: small buffers, and a network that can vanish."""

import asyncio
import ctypes
import socket
import struct
from typing import Any

from loadtest.common.target import Target

IP_BIND_ADDRESS_NO_PORT = 24  # <linux/in.h>; Python names it since 3.12
SO_ATTACH_FILTER, SO_DETACH_FILTER = 26, 27  # <asm-generic/socket.h>
READ_BUFFER = 2048  # bytes per WebSocket; the default is 16 KiB, and frames have some 200 bytes
TCP_ESTABLISHED = 1  # <net/tcp_states.h>; the first byte of struct tcp_info is the state

_RETURN_NOTHING = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))
DROP_ALL = struct.pack("HP", 1, ctypes.addressof(_RETURN_NOTHING))
"""A struct sock_fprog of one instruction, BPF_RET: keep 0 bytes of a packet. socket(7)."""


async def connect(target: Target, source_ip: str = "", receive_buffer: int = 0) -> socket.socket:
    """Return a connected TCP socket. Raises OSError.

    The kernel chooses the source port on connecting, not on binding: two sockets may then share
    it if their destinations differ, and the kernel need not search. `receive_buffer` limits the
    bytes that the kernel takes for a viewer who does not read; 0 leaves it to the kernel.
    """
    family = socket.AF_INET6 if ":" in target.address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if source_ip:
            sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            sock.bind((source_ip, 0))
        await asyncio.get_running_loop().sock_connect(sock, (target.address, target.port))
    except BaseException:
        sock.close()
        raise
    return sock


async def open_stream(protocol: asyncio.Protocol, target: Target, source_ip: str) -> None:
    """Connect a protocol to a server, over TLS if the target has it. Raises OSError."""
    await asyncio.get_running_loop().create_connection(
        lambda: protocol,
        sock=await connect(target, source_ip),
        ssl=target.tls,
        server_hostname=target.host if target.secure else None,
    )


def lose_network(transport: Any) -> None:
    """Let the kernel drop what arrives for a connection, without acknowledging it.

    To the server it looks like a phone that is out of reach. An asyncio transport is expected.
    """
    sock = transport.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, DROP_ALL)


def regain_network(transport: Any) -> None:
    """End what `lose_network` began."""
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)


def is_established(transport: Any) -> bool:
    """Return whether the server has not closed a connection, also if nobody reads from it."""
    sock = transport.get_extra_info("socket")
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)
    return bool(info[0] == TCP_ESTABLISHED)
