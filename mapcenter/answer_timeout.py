"""A time limit for answers to programs and to the desk, whatever happens to their database.

A query that is under way when a proxy of the database hangs is ended by no timeout of its
connection: the proxy's host acknowledges everything.
"""

import asyncio
import json
import re
from typing import Any

from broadcaster.desk.requests import not_known
from broadcaster.layer.tasks import ignore_failure
from mapcenter.request_limits import Application, Message, Receive, Scope, Send
from mapcenter.unavailable import RETRY_AFTER

ANSWER = 2.7  # seconds from the end of a request; people wait for 3 s at most
ADDRESSES = re.compile("^/api/|/console/command$")


def answered(application: Application) -> Any:
    """Return the application with a time limit for the answers of `ADDRESSES`.

    A request that is late is answered with 503, "done or not is not known". Its thread goes on, and
    keeps its turn and its connection to the database until the query ends.
    """

    async def in_time(scope: Scope, receive: Receive, send: Send) -> None:
        if not ADDRESSES.search(scope["path"]):
            return await application(scope, receive, send)
        late = asyncio.Event()
        has_begun = False  # the response

        async def receive_and_begin() -> Message:
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body"):
                asyncio.get_running_loop().call_later(ANSWER, late.set)
            return message

        async def send_in_time(message: Message) -> None:
            nonlocal has_begun
            if has_begun or not late.is_set():
                has_begun = True
                await send(message)

        handling = asyncio.ensure_future(application(scope, receive_and_begin, send_in_time))
        waiting = asyncio.ensure_future(late.wait())
        try:
            await asyncio.wait((handling, waiting), return_when=asyncio.FIRST_COMPLETED)
            if not handling.done() and not has_begun:
                ignore_failure(handling)
                return await send_not_known(send)
            await handling
        except asyncio.CancelledError:
            handling.cancel()
            raise
        finally:
            waiting.cancel()

    return in_time


async def send_not_known(send: Send) -> None:
    """Send the 503 of a request that has not been answered in time."""
    status, answer = not_known()
    headers = {
        "content-type": "application/json",
        "cache-control": "no-store",
        "retry-after": str(RETRY_AFTER),
    }
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": int(status), "headers": pairs})
    await send({"type": "http.response.body", "body": json.dumps(answer).encode()})
