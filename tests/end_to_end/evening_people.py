"""The people of an election night: staff at their consoles, and viewers in their browsers."""

import json
import re
import time

from tests.support.browser import Visit
from tests.support.newspaper import Newspaper
from tests.support.server import wait_for

PATIENCE = 30_000  # milliseconds that anything may take to be seen
SOON = 60_000  # the same, for those who come back by themselves: they wait longer each time

PREVIEW = '[data-desk="preview"]'
PROGRAM = '[data-desk="program"]'
TAKE = '[data-action="take"]'

TALLY = """(root) => ["D", "R", "uncalled"]
    .map((name) => root?.querySelector(`.tally [data-part="${name}"]`)?.textContent)
    .join("–")"""  # also of a page that is on its way

FACTS = """(root) => {
    const rows = [...root.querySelectorAll("tr[data-unit]")];
    const won = { D: 0, R: 0, "": 0 };
    const parties = {};
    for (const row of rows) {
        const result = row.querySelector('[data-part="result"]').textContent;
        const party = parties[row.dataset.unit] = result.match(/\\((.)\\)/)?.[1] ?? "";
        won[party] += Number(row.querySelector(".votes").textContent);
    }
    const drawn = [...root.querySelectorAll(".map [data-unit], .boxes [data-unit]")];
    const differ = drawn.filter(({ dataset }) => dataset.party !== parties[dataset.unit]);
    return {
        table: `${won.D}–${won.R}–${won[""]}`,
        rows: rows.length,
        differ: differ.map(({ dataset }) => dataset.unit),
    };
}"""

WITNESS = """
    window.witness = { said: [], az: [], views: [], positions: [] };
    new MutationObserver((changes) => {
        for (const { target, addedNodes, attributeName } of changes) {
            const text = [...addedNodes].map(({ textContent }) => textContent).join("");
            if (text && target.matches?.("[role=status], [role=alert]")) witness.said.push(text);
            if (attributeName === "viewBox") witness.views.push(target.getAttribute("viewBox"));
            if (attributeName === "href") witness.positions.push(target.getAttribute("href"));
        }
        for (const { dataset } of document.querySelectorAll('[data-unit="AZ"]')) {
            if (!witness.az.includes(dataset.party)) witness.az.push(dataset.party);
        }
    }).observe(document, {
        subtree: true, childList: true, attributes: true,
        attributeFilter: ["data-party", "viewBox", "href"],
    });
"""  # from before the page's first paint on: what was announced, and what was ever drawn

HIDE = """
    let seen = true;
    Object.defineProperty(document, "hidden", { get: () => !seen });
    window.show = (isSeen) => {
        seen = isSeen;
        document.dispatchEvent(new Event("visibilitychange"));
    };
"""  # a tab that a test can hide and show


def unit(name: str) -> str:
    """A unit's shape on the map."""
    return f'.map-shapes [data-unit="{name}"]'


class Person(Visit):
    """Somebody whose page shows the map: `screen` is what of it is looked at."""

    screen = "main"

    def __init__(self, browser, server, name: str, **options) -> None:
        super().__init__(browser, server, **options)
        self.name = name
        self.page.set_default_timeout(PATIENCE)

    @property
    def frame(self):
        """Where the map is: the page, or a frame in it."""
        return self.page

    def waits_for(self, selector: str, **options):
        return self.frame.wait_for_selector(selector, **{"state": "attached"} | options)

    def reads(self, words: str, **options):
        """Wait until these words can be seen."""
        return self.frame.wait_for_selector(f"text={words}", **options)

    @property
    def totals(self) -> str:
        """D–R–uncalled, as the bar has them."""
        return self.frame.eval_on_selector(self.screen, TALLY)

    def reaches(self, totals: str) -> None:
        """Wait until the bar has these totals."""
        script = f"([at, totals]) => ({TALLY})(document.querySelector(at)) === totals"
        self.frame.wait_for_function(script, arg=[self.screen, totals])

    def facts(self) -> dict:
        """The totals by the table, and the units that the map has otherwise."""
        return self.frame.eval_on_selector(self.screen, FACTS)

    def colour(self, name: str) -> str:
        """How a unit is filled."""
        return self.frame.eval_on_selector(
            f"{self.screen} {unit(name)}", "shape => getComputedStyle(shape).fill"
        )


class Viewer(Person):
    """Somebody who watches; what comes over the wire is kept."""

    def __init__(self, browser, server, name: str, script: str = "", **options) -> None:
        super().__init__(browser, server, name, **options)
        self.context.add_init_script(WITNESS + script)
        self.requests: list[str] = []
        self.sockets: list = []
        self.frames: list[dict] = []
        self.polls: list = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("response", self._keep_poll)
        self.page.on("websocket", self._keep_socket)

    def _keep_socket(self, socket) -> None:
        self.sockets.append(socket)
        socket.on("framereceived", lambda text: self.frames.append(json.loads(text)))

    def _keep_poll(self, response) -> None:
        if "/updates?since=" in response.url and response.request.method == "GET":
            self.polls.append(response)

    def without_websockets(self) -> None:
        """Behind something that lets none through."""
        self.context.route_web_socket("**/ws*", lambda socket: socket.close())

    def stays(self) -> None:
        """Mark the page, to see later that it is still the same one."""
        self.frame.evaluate("window.unloaded = false")

    def has_stayed(self) -> bool:
        return self.frame.evaluate("window.unloaded === false")

    def witness(self, what: str) -> list[str]:
        return self.frame.evaluate(f"witness.{what}")

    def received(self) -> list[int]:
        """The seq of every update that came, in the order in which they came."""
        frames = self.frames + [poll.json() for poll in self.polls if poll.ok]
        return [update["seq"] for frame in frames for update in frame.get("updates", ())]

    def logged(self) -> list[int]:
        """The updates in the log of calls, oldest first."""
        entries = self.frame.locator(".log [data-seq]").evaluate_all(
            "all => all.map(({ dataset }) => Number(dataset.seq))"
        )
        return entries[::-1]

    def is_cut_off(self) -> bool:
        """Whether all its sockets are closed. The question lets Playwright look."""
        self.page.evaluate("0")
        return all(socket.is_closed() for socket in self.sockets)


class Embed(Viewer):
    """A reader of a newspaper that has the map in a frame."""

    def reads_paper(self, paper: Newspaper) -> None:
        self.page.goto(f"http://localhost:{paper.server_port}/")

    @property
    def frame(self):
        return self.page.frames[1]


class Plain(Person):
    """Somebody whose browser runs no scripts: the page is what it was when it was loaded."""

    def __init__(self, browser, server, name: str) -> None:
        super().__init__(browser, server, name, java_script_enabled=False)

    def reaches(self, totals: str) -> None:
        wait_for(lambda: self.page.reload() and self.totals == totals, f"{totals}, plain")


class Staff(Person):
    """Somebody at the console."""

    screen = PROGRAM

    def __init__(self, browser, server, name: str) -> None:
        super().__init__(browser, server, name, viewport={"width": 1440, "height": 1000})

    def sits_down(self, broadcast) -> None:
        """At the console of `broadcast`."""
        self.open(f"/admin/broadcaster/broadcast/{broadcast.pk}/console/")
        self.is_connected()

    def is_connected(self) -> None:
        self.waits_for('[data-desk="connection"][data-state="connected"]', timeout=SOON)

    def cue(self, title: str):
        """A cue's row in the rundown."""
        named = self.page.locator(f'[data-cue="title"]:text-is("{title}")')
        return self.page.locator(".cue").filter(has=named)

    def previews(self, title: str) -> None:
        self.cue(title).locator('[data-cue="select"]').click()

    def schedules(self, title: str, ahead: float) -> float:
        """A cue, for so many seconds from now; when that is, in seconds since 1970."""
        self.previews(title)
        script = "then => new Date(then).toTimeString().slice(0, 8)"
        due = int(time.time() + ahead)
        row = self.cue(title)
        row.locator('[data-cue="time"]').fill(self.page.evaluate(script, due * 1000))
        row.locator("text=Take at").click()
        self.is_told(f"“{title}” goes out automatically at")
        return due

    def takes(self, title: str) -> None:
        """A cue, and wait until it is on air."""
        self.cue(title).locator(".cue-take").click()
        self.is_told(rf"Update \d+ is on air: {title}\.")

    def takes_draft(self, seq: int) -> None:
        """What is drafted, which is to be update `seq`."""
        self.page.click(TAKE)
        self.is_told(rf"Update {seq} is on air\.")

    def is_told(self, words: str) -> None:
        """Wait until the console answers so: a regular expression."""
        self.page.locator(".desk-messages", has_text=re.compile(words)).wait_for()

    def commands(self, **command) -> int:
        """A forged post; the status of the answer."""
        return self.page.evaluate(
            """async (command) => {
                const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
                const headers = { "X-CSRFToken": token, "Content-Type": "application/json" };
                const body = JSON.stringify(command);
                return (await fetch("command", { method: "POST", headers, body })).status;
            }""",
            command,
        )

    def commands_by_socket(self, **command) -> int:
        """The same on a socket of its own."""
        return self.page.evaluate(
            """(command) => new Promise((resolve) => {
                const url = new URL("ws", location.href);
                url.protocol = "ws:";
                const socket = new WebSocket(url);
                socket.onopen = () => socket.send(JSON.stringify(command));
                socket.onmessage = ({ data }) => {
                    const { t, status } = JSON.parse(data);
                    if (t === "answer") resolve(status), socket.close();
                };
            })""",
            command,
        )
