"""Storage of static files under names that contain a hash of their content."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Serve hashed and compressed files once `collectstatic` has run, and plain names before."""

    # Imports in JavaScript modules get hashed names, too.
    support_js_module_import_aggregation = True

    def stored_name(self, name: str) -> str:
        cleaned = self.clean_name(name)
        return self.hashed_files.get(self.hash_key(cleaned), cleaned)
