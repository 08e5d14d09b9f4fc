"""Reaches the server before a run, and names the cause if that fails."""

import ipaddress
import socket
import ssl
from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path

from loadtest.common.http_api import Api, ApiResponse, NoResponse
from loadtest.common.machine import addresses
from loadtest.common.target import Target, parse_url

CONNECT_TIMEOUT = 5.0  # seconds


class PreflightFailed(Exception):
    """The run cannot start. The message names the limit and the remedy."""


def resolve(url: str, *, insecure: bool = False, ca: Path | None = None) -> Target:
    """Return the server at `url`, with the first of its addresses that accepts a connection.

    Raises ValueError for an invalid URL or unsuitable options, `PreflightFailed` if nothing
    answers.
    """
    parts = parse_url(url)
    certificates = _read_certificates(ca) if ca else ""
    if insecure and ca:
        raise ValueError("--insecure accepts any certificate, so --ca has no effect with it")
    if (insecure or ca) and not parts.base.startswith("https:"):
        option = "--insecure" if insecure else "--ca"
        raise ValueError(f"{option} is for https:// addresses; {parts.base} has no certificate")
    try:
        with socket.create_connection((parts.host, parts.port), CONNECT_TIMEOUT) as probe:
            address = str(probe.getpeername()[0])
    except OSError as error:
        raise PreflightFailed(
            f"Nothing answers at {parts.base}: {error}. Give the URL of a server that runs, as it "
            "is reached from this machine, or start one here: make run"
        ) from error
    return Target(
        parts.base, parts.host, address, parts.port, parts.authorization, insecure, certificates
    )


def check_ready(target: Target) -> None:
    """Raise `PreflightFailed` with the cause unless the server can do its work."""
    try:
        response = Api(target).ready()
    except NoResponse as error:
        raise PreflightFailed(_why_silent(target, error)) from error
    if response.status != HTTPStatus.OK:
        raise PreflightFailed(_why_not_ready(target, response))


def check_allowed(target: Target, allowed: Iterable[str]) -> None:
    """Raise `PreflightFailed` for a server that may belong to somebody else."""
    address = ipaddress.ip_address(target.address)
    if not (address.is_loopback or address.is_private) and target.host not in allowed:
        raise PreflightFailed(
            f"{target.host} ({target.address}) is a public address, and a swarm is an attack on "
            f"a server that is not yours. If it is yours: --allow-host {target.host}"
        )


def check_token_stays_here(target: Target, allowed_hosts: Iterable[str]) -> None:
    """Raise `PreflightFailed` for a server that may have another database than this machine.

    A token of this machine's database is sent only to this machine, and to a host that
    `ALLOWED_HOSTS` names: it serves the same site.
    """
    name = f"[{target.host}]" if ":" in target.host else target.host
    if not is_local(target) and name not in allowed_hosts:
        raise PreflightFailed(
            f"{target.host} is another machine, to which a token of this machine's database is not "
            f"sent. If the server there has this database, add {name} to ALLOWED_HOSTS here. If "
            "not, make a token there (manage.py apitoken USER) and give it with --token."
        )


def is_local(target: Target) -> bool:
    """Return whether the server is on this machine."""
    return ipaddress.ip_address(target.address).is_loopback or target.address in addresses()


def _why_silent(target: Target, error: NoResponse) -> str:
    match error.__cause__:
        case ssl.SSLCertVerificationError() as cause:
            return (
                f"The certificate of {target.url} is not trusted: {cause.verify_message}. If it is "
                "your own, give its authority with --ca FILE, or accept any with --insecure"
            )
        case ssl.SSLError():
            return f"{target.url} does not speak TLS on port {target.port}: {error}"
    return f"{target.url} does not answer: {error}"


def _why_not_ready(target: Target, response: ApiResponse) -> str:
    if response.location:
        address = response.location.removesuffix("/readyz")
        return f"{target.url} redirects to {address}: give the address it leads to"
    if response.status == HTTPStatus.UNAUTHORIZED:
        if target.authorization:
            return f"{target.url} rejects the user and password in the URL"
        return (
            f"{target.url} asks for a user and a password. Give them in the URL, as in "
            "https://user:password@host/"
        )
    reason = response.error or "is it a Map Center?"
    return f"{target.url} is not ready: {response.status}, {reason}"


def _read_certificates(path: Path) -> str:
    """Return certificates in PEM. Raises ValueError if the file has none."""
    try:
        text = path.read_text()
        ssl.create_default_context(cadata=text or "-")
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise ValueError(f"--ca: {path} has no certificates in PEM: {error}") from error
    return text
