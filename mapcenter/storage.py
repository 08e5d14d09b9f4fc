"""Static files under names that carry their content's hash, JavaScript imports included."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Hashed and compressed once `collectstatic` has run, plain names before."""

    support_js_module_import_aggregation = True

    def stored_name(self, name: str) -> str:
        cleaned = self.clean_name(name)
        return self.hashed_files.get(self.hash_key(cleaned), cleaned)
