"""Shortcuts from uvicorn's sockets to the hub, for `manage.py serve`.

Plain ASGI costs a task, two queues and several objects a viewer. Here a WebSocket of a viewer
is one small asyncio protocol that writes prepared frames to its transport, and a long poll is
known by its bytes, and answered or left waiting where they arrived. Whatever is out of the
ordinary (a broadcast that is not loaded yet, an odd handshake, a pipelined request, a refusal)
is left to the plain path, and both say the same bytes: tests/end_to_end/test_fastpath.py.
"""
