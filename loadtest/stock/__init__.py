"""The stack to compare with: the Channels tutorial's chat room, one group member per viewer."""
