"""A frame that many viewers receive, with its encodings: each is made once."""

from viewers.protocol import frames
from viewers.protocol.frames import ServerFrame


class EncodedFrame:
    """One encoded frame. `body` and `text` hold the same characters; each is made once.

    `websocket` and `poll_response` are for the transports: there they keep what they send for
    this frame, headers included.
    """

    __slots__ = ("_text", "body", "content", "poll_response", "websocket")

    def __init__(self, content: ServerFrame) -> None:
        self.content = content
        self.body = frames.encode(content)
        self._text: str | None = None
        self.websocket: bytes | None = None
        self.poll_response: object = None

    @property
    def text(self) -> str:
        """The frame as a string."""
        if self._text is None:
            self._text = self.body.decode()
        return self._text
