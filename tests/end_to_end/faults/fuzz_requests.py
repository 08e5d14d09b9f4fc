"""Requests to every address of the site, by its route: right ones with something wrong in them."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from hypothesis import strategies as st

from mapcenter.middleware import ADMIN_METHODS
from tests.end_to_end.faults.fuzz_values import (
    INTEGERS,
    headers,
    json_bodies,
    json_values,
    mostly,
    texts,
)
from tests.support.addresses import PARAMETER, fill
from tests.support.changes import RACES, calls, changes
from viewers.pages.embed import PARTS, THEMES

CSRF = "c" * 32
METHODS = ("OPTIONS", "PUT", "DELETE", "PATCH", "PROPFIND", "TRACE", "CONNECT", "get", "X")
EMBED = {"theme": [*THEMES], "show": [*PARTS], "layer": ["0"], "width": ["640"]}
POSITION = {name: ["0:1", "1", "2", "-1"] for name in ("at", "upto", "since")}
CONTEST = {"contest": ["president", "senate"]}
QUERIES: dict[str, dict[str, list[str]]] = {
    "": {},
    "broadcasts/<slug>/": POSITION | CONTEST,
    "broadcasts/<slug>/board/": CONTEST,
    "broadcasts/<slug>/calculator/": CONTEST
    | {"s": ["AAAAAAAAAAAAAAAAAAA"], "from": ["0", "nothing"]},
    "broadcasts/<slug>/calls.atom": {},
    "broadcasts/<slug>/embed/": EMBED | CONTEST,
    "broadcasts/<slug>/embedding/": EMBED | CONTEST,
    "broadcasts/<slug>/map.svg": POSITION | CONTEST | {"theme": [*THEMES]},
    "broadcasts/<slug>/picture.png": POSITION | CONTEST,
    "broadcasts/<slug>/recording.json": POSITION,
    "broadcasts/<slug>/replay/": POSITION | CONTEST | {"t": ["5"], "rebroadcast": ["1"]},
    "broadcasts/<slug>/results.json": {},
    "broadcasts/<slug>/snapshot.json": POSITION,
    "broadcasts/<slug>/updates": POSITION,
    "broadcasts/<slug>/ws": POSITION,
    "api/broadcasts": {},
    "api/broadcasts/<slug>/calls": {},
    "api/broadcasts/<slug>/counts": CONTEST,
    "api/broadcasts/<slug>/updates": {},
    "contests/<digest>.html": {"v": ["1.0.0"]},
    "contests/<digest>.json": {},
    "healthz": {},
    "metrics": {},
    "readyz": {},
    "static/<path>": {},
}
"""The fields of each address's query, with values, that no form and no link has. Those of the admin
are in its pages."""
ADMIN_QUERY = {
    "admin/login/": {"next": ["/admin/"]},
    "admin/autocomplete/": {
        **{"app_label": ["broadcaster"], "model_name": ["cue"], "field_name": ["by"]},
        "term": ["x"],
    },
    "admin/broadcaster/auditentry/export/": {
        **{"q": ["night"], "o": ["1.-2"], "p": ["1"], "who": ["chief"], "action__exact": ["took"]},
        **{"at__gte": ["2026-11-26"], "at__year": ["2026"], "broadcast__id__exact": ["1"]},
    },
}
"""The same for the admin, whose pages have most of theirs."""
ANY_QUERY = {"e": ["1"], "p": ["0"], "all": [""], "o": ["1.-2"], "_popup": ["1"]}
FIELDS = {
    "title": ["Night"],
    "name": ["Group"],
    "starts_at_0": ["0001-01-01", "9999-12-31", "2026-12-31"],
    "starts_at_1": ["00:00", "23:59:59", "20:00:00"],
    "ends_at_0": ["0001-01-01", "9999-12-31", "2027-01-01"],
    "ends_at_1": ["00:00", "23:59:59"],
    "start": ["1", "1:00:00"],
    "offset": ["-2678400", "0.0005"],
    "video": ["https://example.org/night.mp4", "http://[::1]/", "http://a;b/"],
}
"""Values for fields of forms, besides those that the page has. The last one is for empty fields."""
UNIQUE = ("slug", "username")
OWN = ("select_across", "csrfmiddlewaretoken")
"""Fields that keep their value: `select_across` would reach the user who sends the request."""


PROGRAMS = re.compile(
    r"/api/broadcasts(/[-a-zA-Z0-9_]+/(calls|counts|updates))?"
    r"|/admin/broadcaster/broadcast/[0-9]{1,18}/console/command"
)
"""The paths of addresses that answer programs with JSON."""


@dataclass(frozen=True)
class Request:
    """A request, as it goes over the wire apart from its length. `path` and headers are Latin-1."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def is_for_programs(self) -> bool:
        """Whether a view for programs gets it: nothing before the view rejects it."""
        is_sent_to_us = self.headers["Host"] == "127.0.0.1"
        content_type = self.headers.get("Content-Type", "")
        is_form = "multipart" in content_type or "urlencoded; charset" in content_type
        is_read = self.method in ADMIN_METHODS or self.path.startswith("/api/")
        return is_sent_to_us and is_read and not is_form and bool(PROGRAMS.fullmatch(self.path))

    @property
    def wire(self) -> bytes:
        length = (
            {"Content-Length": str(len(self.body))} if self.body or self.method == "POST" else {}
        )
        lines = [f"{name}: {value}" for name, value in (self.headers | length).items()]
        head = "\r\n".join([f"{self.method} {self.path} HTTP/1.1", *lines])
        return head.encode("latin-1") + b"\r\n\r\n" + self.body


def quoted(value: object) -> str:
    return quote(str(value), safe="", errors="surrogatepass")


@st.composite
def paths(draw, site, route: str) -> str:
    """Draw the path of a route: its parameters are mostly those of objects that exist."""
    given = {}
    for match in PARAMETER.finditer(route):
        name = match[1]
        valid = st.sampled_from(site.parameters(route, name))
        given[name] = quoted(draw(mostly(valid, texts | st.sampled_from(INTEGERS))))
    return fill(route, given)


@st.composite
def pairs(draw, known: dict[str, list[str]], most: int = 4) -> list[tuple[str, str]]:
    """Draw some fields of a query or a form with their values."""
    names = mostly(st.sampled_from(sorted(known)), texts) if known else texts
    drawn = draw(st.lists(names, max_size=most))
    return [(name, draw(mostly(st.sampled_from(known.get(name, [""])), texts))) for name in drawn]


@st.composite
def queries(draw, known: dict[str, list[str]]) -> str:
    """Draw a query, with its question mark."""
    if draw(st.integers(0, 19)) == 0:
        wild = st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=40)
        return "?" + draw(wild)
    found = draw(pairs(known))
    return "?" + urlencode(found, errors="surrogatepass") if found else ""


def multipart(fields: list[tuple[str, str]], file: bytes | None) -> bytes:
    """Return the fields, and a file, in the format of forms with files; the boundary is b."""
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields
    ]
    body = "".join(parts).encode(errors="surrogatepass")
    if file is not None:
        head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
        body += head + file + b"\r\n"
    return body + b"--b--\r\n"


@st.composite
def forms(draw, site, known: dict[str, list[str]]) -> tuple[str, bytes]:
    """Draw content type and body of a form: as its page has it, with some fields changed."""
    known = {name: [*values, *FIELDS.get(name, ())] for name, values in known.items()}
    for name in set(UNIQUE) & set(known):
        known[name].append(draw(st.uuids()).hex)
    fields = {name: values[0] or values[-1] for name, values in known.items()}
    changes = draw(pairs(known | {"post": ["yes"]}))
    changed = {name: value for name, value in changes if name not in OWN}
    found = [*(fields | changed).items()]
    kind = draw(st.integers(0, 2))
    if kind:
        return "application/x-www-form-urlencoded", urlencode(
            found, errors="surrogatepass"
        ).encode()
    file = draw(json_bodies(st.just(site.recording))) if "file" in known else None
    return "multipart/form-data; boundary=b", multipart(found, file)


def valid_json(site, route: str) -> st.SearchStrategy[Any] | None:
    """Return the right bodies of an address that takes JSON; None for any other."""
    views = st.sampled_from(RACES).map(lambda unit: {"view": {"focus": unit}})
    change = views | changes().map(lambda change: change.to_dict())
    change |= st.sampled_from([{"kind": "start"}, {"kind": "resume"}])
    keys = st.sampled_from((None, "one", "two"))
    if route == "api/broadcasts":
        slugs = st.uuids().map(lambda uuid: uuid.hex)
        title = st.just("Night")
        contests = st.just({"president": "us-president-2020"})
        return st.fixed_dictionaries(
            {"slug": slugs, "title": title, "contests": contests, "listed": st.just(False)}
        )
    if route == "api/broadcasts/<slug>/updates":
        return st.builds(lambda change, key: change | {"client_id": key}, change, keys)
    if route == "api/broadcasts/<slug>/calls":
        return st.fixed_dictionaries({"client_id": keys, "calls": feed_calls})
    if route.endswith("console/command"):
        return commands(change, keys)
    return None


cells = st.sampled_from(["race", "D", "R", "expected", "PA", "12", "55%", "-1", ""]) | texts
tables = st.lists(st.lists(cells, max_size=4), max_size=4).map(
    lambda rows: "\n".join(",".join(row) for row in rows).encode(errors="surrogatepass")
)
feed_calls = calls().map(
    lambda drawn: [
        {"race": unit, "status": "Called", "winner": "Dem"}
        if "party" in call
        else {"race": unit, "status": "Too Early to Call"}
        for unit, call in drawn.items()
    ]
)


def commands(change: st.SearchStrategy, keys: st.SearchStrategy) -> st.SearchStrategy[dict]:
    """Return commands of the console."""
    cue = {"cue": st.integers(1, 30)}
    version = {"version": st.integers(1, 3)}
    arguments: dict[str, dict[str, st.SearchStrategy]] = {
        "take": {"change": change, "client_id": keys},
        "take_cue": cue | version,
        "confirm": cue | version,
        "decline": cue,
        "undo_view": {},
        "prepare": {"title": st.just("Cue"), "change": change},
        "edit": cue | version | {"title": st.just("Cue"), "change": change},
        "move": cue | {"before": st.none() | st.integers(1, 30)},
        "remove": cue,
        "schedule": cue
        | version
        | {"at": st.just(253_402_300_799_999) | st.integers(2**40, 2**53)},
        "unschedule": cue,
    }
    return st.one_of(
        [
            st.fixed_dictionaries({"command": st.just(name), "id": json_values, **fields})
            for name, fields in arguments.items()
        ]
    )


@st.composite
def requests(draw, site, route: str) -> Request:
    """Draw a request to an address."""
    plain = route.removeprefix("es/")
    is_staff, is_api = route.startswith("admin/"), route.startswith("api/")
    inputs = site.inputs(route)
    own = ANY_QUERY | ADMIN_QUERY.get(route, {}) if is_staff else QUERIES[plain]
    bodies = valid_json(site, route)
    usual = ("POST",) if bodies is not None else ("GET", "POST") if inputs.posts else ("GET",)
    method = draw(
        mostly(st.sampled_from(usual), st.sampled_from(("GET", "HEAD", "POST", *METHODS)))
    )
    path = draw(paths(site, route)) + draw(queries(own | inputs.query))
    found = {"Host": "127.0.0.1", "Connection": "close"}
    if is_api:
        found["Authorization"] = f"Bearer {draw(st.sampled_from(site.tokens))}"
    else:
        knows_session = route != "admin/logout/" and draw(mostly(st.just(is_staff), st.booleans()))
        session = f"sessionid={site.session}; " if knows_session else ""
        found |= {"Cookie": f"{session}csrftoken={CSRF}", "X-CSRFToken": CSRF}
    body = b""
    if plain.endswith("/counts") and method == "POST":
        found["Content-Type"], body = "text/csv", draw(tables)
    elif bodies is not None and method == "POST":
        found["Content-Type"], body = "application/json", draw(json_bodies(bodies))
    elif method == "POST":
        found["Content-Type"], body = draw(forms(site, inputs.fields))
    return Request(method, path, found | draw(headers()), body)
