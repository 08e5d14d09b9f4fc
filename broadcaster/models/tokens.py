"""Tokens for the HTTP API."""

import hashlib
import secrets

from django.conf import settings
from django.db import models
from django.utils import timezone


class ApiToken(models.Model):
    """A bearer token for the HTTP API, stored as a hash. It acts for one user."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    note = models.CharField(max_length=120, blank=True)
    direct = models.BooleanField(
        default=False, help_text="Calls of a feed go on air directly, not into the rundown."
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "API token"

    def __str__(self) -> str:
        return f"{self.user}, {self.created_at:%Y-%m-%d}"

    @staticmethod
    def hash(token: str) -> str:
        """Return the stored form of a token: SHA-256, since 256 random bits cannot be guessed."""
        return hashlib.sha256(token.encode()).hexdigest()

    @classmethod
    def issue(cls, user, note: str = "", direct: bool = False) -> str:
        """Make a token for `user` and return its text, which is stored nowhere."""
        token = secrets.token_urlsafe(32)
        cls.objects.create(user=user, note=note, direct=direct, digest=cls.hash(token))
        return token
