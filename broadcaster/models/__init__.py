"""The models: broadcasts, their rundowns and logs, contests, API tokens, and the audit."""

from broadcaster.models.audit import AuditEntry
from broadcaster.models.broadcast import Broadcast, new_epoch
from broadcaster.models.contests import ContestDocument, ContestEdition, GeometryDocument
from broadcaster.models.log import Cue, FeedReply, Publication, Rebroadcast, Via
from broadcaster.models.tokens import ApiToken

__all__ = [
    "ApiToken",
    "AuditEntry",
    "Broadcast",
    "ContestDocument",
    "ContestEdition",
    "Cue",
    "FeedReply",
    "GeometryDocument",
    "Publication",
    "Rebroadcast",
    "Via",
    "new_epoch",
]
