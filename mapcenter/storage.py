"""Storage of static files under names that contain a hash of their content."""

from collections.abc import Callable
from posixpath import dirname, join, normpath
from typing import Any

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage

COMMENTS = r"/\*[\s\S]*?\*/\s*"
NOTHING = ""  # what stands there instead
IMPORT = r"""@import "(?P<path>[^"]+)";"""
CONTENT = "content"  # of the imported file: what stands there instead


class HashedStaticFiles(ManifestStaticFilesStorage):
    """Serve hashed files once `collectstatic` has run, and plain names before.

    The first paint waits for styles. So hashed ones have no comments, which were a quarter of them,
    and contain the styles that they import, which would be requested one after the other.
    """

    patterns = (
        ("*.css", ((IMPORT, CONTENT),)),
        *ManifestStaticFilesStorage.patterns,
        ("*.css", ((COMMENTS, NOTHING),)),
    )

    # Imports in JavaScript modules get hashed names, too.
    support_js_module_import_aggregation = True

    def stored_name(self, name: str) -> str:
        cleaned = self.clean_name(name)
        return self.hashed_files.get(self.hash_key(cleaned), cleaned)

    def url_converter(
        self, name: str, hashed_files: dict[str, str], template: str | None = None, *rest: Any
    ) -> Callable[..., str]:
        """Return the function that replaces what a pattern has found."""
        if template == NOTHING:
            return lambda found: NOTHING
        if template == CONTENT:
            return lambda found: self.read(normpath(join(dirname(name), found["path"])))
        return super().url_converter(name, hashed_files, template, *rest)

    def read(self, name: str) -> str:
        with self.open(name) as file:
            return file.read().decode()
