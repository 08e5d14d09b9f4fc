"""Certificates for TLS on this machine."""

import subprocess
from pathlib import Path

from tests.support.programs import find_program


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Make a self-signed certificate. Return its file, and one that has its key, too."""
    key, certificate, both = folder / "key", folder / "certificate", folder / "both.pem"
    openssl = find_program("openssl", "openssl")
    command = f"{openssl} req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    command += f" -addext subjectAltName=IP:127.0.0.1,IP:::1 -keyout {key} -out {certificate}"
    subprocess.run(command.split(), check=True, capture_output=True)
    both.write_text(certificate.read_text() + key.read_text())
    return certificate, both
