"""HTTP requests as bytes, many at once, and responses as they came."""

import asyncio
import time

TIMEOUT = 20  # seconds


class Response:
    """An HTTP response, and after how many seconds it came."""

    def __init__(self, raw, seconds):
        head, _, self.body = raw.partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        self.status = int(status.split()[1])
        self.headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}
        self.seconds = seconds


async def request(port, path, method="GET", body=b"", **headers):
    """Send a request on a connection of its own, and return the response."""
    began = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    named = {"Host": "127.0.0.1", "Connection": "close", "Content-Length": len(body)}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    writer.write(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body)
    async with asyncio.timeout(TIMEOUT):
        raw = await reader.read()
    writer.close()
    return Response(raw, time.monotonic() - began)
