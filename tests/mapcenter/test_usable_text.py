"""Text that no address takes is answered with 400, and no session is looked up for it."""

from django.test import Client, TestCase

from mapcenter.sessions import SessionStore


class UsableText(TestCase):
    def test_null_character_in_an_address_is_rejected(self):
        for path in ("/%00", "/?x=%00", "/broadcasts/night/?at=a%00:1", "/admin/?next=%00"):
            self.assertEqual(self.client.get(path).status_code, 400, path)

    def test_form_with_files_in_another_encoding_is_rejected(self):
        """The first is an encoding of bytes, the second decodes to lone surrogates."""
        body = '--b\r\nContent-Disposition: form-data; name="username"\r\n\r\nx\r\n--b--\r\n'
        for encoding, status in (
            *(("hex", 400), ("unicode_escape", 400), ("iso-8859-1", 400)),
            *(("UTF8", 200), ("unknown", 200)),
        ):
            content_type = f"multipart/form-data; boundary=b; charset={encoding}"
            response = self.client.generic("POST", "/admin/login/", body, content_type)
            self.assertEqual(response.status_code, status, encoding)

    def test_other_form_in_another_encoding_is_rejected(self):
        client = Client(enforce_csrf_checks=True, raise_request_exception=False)
        for encoding, status in (("hex", 400), ("iso-8859-1", 400), ("UTF8", 403)):
            content_type = f"application/x-www-form-urlencoded; charset={encoding}"
            response = client.generic("POST", "/admin/login/", "username=x", content_type)
            self.assertEqual(response.status_code, status, encoding)

    def test_only_letters_and_digits_are_looked_up_as_a_session(self):
        for key in ("\0" + "a" * 31, "é" * 32, "a-" * 16, "", None):
            self.assertIsNone(SessionStore(key).session_key, key)
        self.assertEqual(SessionStore("0a" * 16).session_key, "0a" * 16)
