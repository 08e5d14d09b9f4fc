"""Storage of static files under names that contain a hash of their content."""

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage


class HashedStaticFiles(ManifestStaticFilesStorage):
    """Serve hashed files once `collectstatic` has run, and plain names before."""

    # Imports in JavaScript modules get hashed names, too.
    support_js_module_import_aggregation = True

    def stored_name(self, name: str) -> str:
        cleaned = self.clean_name(name)
        return self.hashed_files.get(self.hash_key(cleaned), cleaned)
