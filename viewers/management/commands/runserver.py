"""The development server is Daphne's.

Listing Daphne in INSTALLED_APPS would do the same, but then each command would import Twisted, and
take a third longer to start.
"""

from daphne.management.commands.runserver import Command

__all__ = ["Command"]
