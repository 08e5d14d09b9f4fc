"""Shortcuts from uvicorn's sockets to the hub, for `manage.py serve`.

Plain ASGI costs a task, two queues and several objects per viewer. Here a viewer's WebSocket is
one small asyncio protocol that writes prepared frames to its transport. A long poll is recognized
by its bytes, and answered or left waiting on its own connection. Everything else (a broadcast
that is not loaded yet, an unusual handshake, a pipelined request, a rejection) takes the plain
path. Both send the same bytes: tests/end_to_end/test_fastpath.py compares them.

docs/decisions/0006-fast-path.md says why.
"""
