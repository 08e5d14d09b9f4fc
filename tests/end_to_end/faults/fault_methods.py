"""Methods that an address does not have are answered with 405."""

from django.test import TransactionTestCase

from tests.support.raw_http import RawRequests


class Methods(RawRequests):
    """The methods of pages, health endpoints and the admin."""

    def test_pages_answer_get_and_head_only(self):
        pages = ("", "replay/", "calculator/", "map.svg", "picture.png", "embed/", "embedding/")
        paths = ["/", "/es/", f"{self.path}recording.json", *(self.path + page for page in pages)]
        for path in [*paths, f"/es{self.path}", "/healthz", "/readyz", "/metrics"]:
            for method in ("OPTIONS", "TRACE", "POST", "PUT", "DELETE", "PROPFIND"):
                response = self.send(path, method)
                self.assertEqual((response.status, path, method), (405, path, method))
                self.assertEqual(response.headers["allow"], "GET, HEAD")

    def test_the_admin_answers_get_head_and_post_only(self):
        for path in ("/admin/", "/admin/login/", "/admin/broadcaster/broadcast/"):
            for method in ("OPTIONS", "TRACE", "PUT"):
                response = self.send(path, method)
                self.assertEqual(response.status, 405)
                self.assertEqual(response.headers["allow"], "GET, HEAD, POST")


class MethodsOnServe(Methods, TransactionTestCase):
    command = "serve"


class MethodsOnDaphne(Methods, TransactionTestCase):
    command = "runserver"
