"""The servers that `manage.py benchmark` measures, in the order of its table."""

from loadtest.peers.base import Peer, PeerFailed, PeerUnavailable, Placement, free_port
from loadtest.peers.floor import Floor
from loadtest.peers.map_center import Plain, Runserver, Serve
from loadtest.peers.nchan import Nchan
from loadtest.peers.node import SocketIo, Ws
from loadtest.peers.stock import Stock

PEERS: tuple[type[Peer], ...] = (Stock, Runserver, Plain, Serve, SocketIo, Ws, Nchan, Floor)

__all__ = ["PEERS", "Peer", "PeerFailed", "PeerUnavailable", "Placement", "free_port"]
