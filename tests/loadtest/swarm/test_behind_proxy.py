"""manage.py swarm against a site below a path, behind a proxy with TLS and a password."""

import subprocess
import tempfile
from pathlib import Path

from django.test import TransactionTestCase

from loadtest.swarm.reach import PreflightFailed, check_ready, resolve
from tests.loadtest.swarm_process import HELD, swarm
from tests.support.certificates import make_certificate
from tests.support.programs import find_program
from tests.support.server import LIMIT, ServeProcess, answers, free_port, wait_for

CONFIG = """
pid {folder}/pid; error_log {folder}/errors; events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $http_connection;
    gzip on; gzip_types text/javascript text/css;
    auth_basic "rehearsal"; auth_basic_user_file {folder}/users;
    server {{
        listen [::1]:{port} ssl;
        ssl_certificate {certificate}; ssl_certificate_key {certificate};
        location = /readyz {{ auth_basic off; return 301 /maps/readyz; }}
        location /maps/ {{ proxy_pass http://127.0.0.1:{server}/; }}
        location /maps/api/ {{ auth_basic off; proxy_pass http://127.0.0.1:{server}/api/; }}
        location /all/ {{ proxy_pass http://127.0.0.1:{server}/; }}
    }}
}}
"""


class BehindProxy(TransactionTestCase):
    server: ServeProcess
    port: int
    certificate: Path

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(ServeProcess(PATH_PREFIX="/maps"))
        folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="mapcenter-nginx-")))
        folder.chmod(0o755)  # workers are another user than root
        cls.certificate, both = make_certificate(folder)
        cls.port = free_port()
        (folder / "users").write_text("ann:{PLAIN}s@cret\n")
        config = CONFIG.format(
            folder=folder, port=cls.port, certificate=both, server=cls.server.port
        )
        (folder / "config").write_text(config)
        command = [find_program("nginx", "nginx"), "-c", str(folder / "config"), "-g"]
        nginx = subprocess.Popen([*command, "daemon off;"], stderr=subprocess.DEVNULL)
        cls.addClassCleanup(nginx.wait, LIMIT)
        cls.addClassCleanup(nginx.terminate)
        wait_for(lambda: answers(cls.port, "::1"), "nginx to listen")

    def url(self, path, user="ann:s%40cret@"):
        return f"https://{user}[::1]:{self.port}{path}"

    def run_swarm(self, path, *arguments):
        options = ("--clients", "10", "--ramp", "0", "--rounds", "2@0.2", "--settle", "0")
        arguments = (self.url(path), *options, *arguments)
        with swarm(*arguments, STATE_DIRECTORY=self.server.state.name) as process:
            output, _ = process.communicate(timeout=2 * LIMIT)
        self.assertNotIn("cret", output)
        return process.returncode, output

    def check(self, words, path, insecure=True, user="ann:s%40cret@"):
        with self.subTest(words), self.assertRaisesRegex(PreflightFailed, words):
            check_ready(resolve(self.url(path, user), insecure=insecure))

    def test_viewers_load_pages_and_follow_below_the_path(self):
        trust = ("--ca", str(self.certificate))
        code, output = self.run_swarm("/maps/", *trust, "--page", "--transport", "mix")
        self.assertIn(code, HELD, output)
        self.assertRegex(output, r"pages +10 loaded .* 0 failed")
        self.assertIn("delivered    20 of 20", output)
        self.assertIn("10 of 10 viewers ended with the server's map", output)

    def test_causes_of_a_site_that_cannot_be_reached_are_named(self):
        self.check("is not trusted: self-signed certificate.*--ca FILE", "/maps/", insecure=False)
        self.check(f"redirects to https://.*:{self.port}/maps: give", "/")
        self.check("is not ready: 404", "/maps/broadcasts/night/")
        self.check("asks for a user and a password", "/maps/", user="")
        self.check("rejects the user and password", "/maps/", user="ann:wrong@")

    def test_password_before_the_api_is_named(self):
        code, output = self.run_swarm("/all/", "--insecure")
        self.assertEqual(code, 6, output)
        self.assertIn("Let /api/ pass", output)

    def test_certificate_options_must_fit(self):
        key = self.certificate.with_name("key")
        for words, options in (
            ("no certificates in PEM", {"ca": key}),
            ("no certificates in PEM", {"ca": key.with_name("none")}),
            ("--ca has no effect", {"ca": self.certificate, "insecure": True}),
        ):
            with self.subTest(words), self.assertRaisesRegex(ValueError, words):
                resolve(self.url("/maps/"), **options)
        with self.assertRaisesRegex(ValueError, "--insecure is for https:// addresses"):
            resolve(self.server.url, insecure=True)
