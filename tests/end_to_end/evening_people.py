"""The pages of an election night: consoles of staff, and viewers' pages."""

import json
import re
import time

from playwright.sync_api import Error, TimeoutError

from tests.support.browser import Visit
from tests.support.newspaper import Newspaper
from tests.support.server import wait_for

TIMEOUT = 30_000  # milliseconds
RECONNECT_TIMEOUT = 60_000  # milliseconds; pages wait longer after each failed attempt

PREVIEW = '[data-desk="preview"]'
PROGRAM = '[data-desk="program"]'
TAKE = '[data-action="take"]'
LOOK_FIRST = "The rundown just changed: look at it first."

TALLY = """(root) => ["D", "R", "uncalled"]
    .map((name) => root?.querySelector(`.tally [data-part="${name}"]`)?.textContent)
    .join("–")"""  # root is null while a page loads

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

RECORDER = """
    window.recorded = { announced: [], az: [], views: [], positions: [] };
    new MutationObserver((changes) => {
        for (const { target, addedNodes, attributeName } of changes) {
            const text = [...addedNodes].map(({ textContent }) => textContent).join("");
            const isLive = target.matches?.("[role=status], [role=alert]");
            if (text && isLive) recorded.announced.push(text);
            if (attributeName === "viewBox") recorded.views.push(target.getAttribute("viewBox"));
            if (attributeName === "href") recorded.positions.push(target.getAttribute("href"));
        }
        for (const { dataset } of document.querySelectorAll('[data-unit="AZ"]')) {
            if (!recorded.az.includes(dataset.party)) recorded.az.push(dataset.party);
        }
    }).observe(document, {
        subtree: true, childList: true, attributes: true,
        attributeFilter: ["data-party", "viewBox", "href"],
    });
"""  # records announcements and drawings, from before the first paint

HIDE = """
    let isShown = true;
    Object.defineProperty(document, "hidden", { get: () => !isShown });
    window.show = (isShownNow) => {
        isShown = isShownNow;
        document.dispatchEvent(new Event("visibilitychange"));
    };
"""  # lets a test hide and show the tab


def unit(name: str) -> str:
    """Return the selector of a unit's shape on the map."""
    return f'.map-shapes [data-unit="{name}"]'


class PersonPage(Visit):
    """A page with a map. `screen` is the selector of the part that tests look at.

    By default the page has no animations: to draw them on ten pages takes much of the CPU time.
    """

    screen = "main"

    def __init__(self, browser, server, name: str, **options) -> None:
        super().__init__(browser, server, **{"reduced_motion": "reduce"} | options)
        self.name = name
        self.page.set_default_timeout(TIMEOUT)

    @property
    def frame(self):
        """The page or the frame that has the map."""
        return self.page

    def wait_for(self, selector: str, **options):
        return self.frame.wait_for_selector(selector, **{"state": "attached"} | options)

    def wait_for_text(self, words: str, **options):
        """Wait until this text is visible."""
        return self.frame.wait_for_selector(f"text={words}", **options)

    @property
    def totals(self) -> str:
        """The totals of the bar: D–R–uncalled."""
        return self.frame.eval_on_selector(self.screen, TALLY)

    def wait_for_totals(self, totals: str) -> None:
        """Wait until the bar has these totals."""
        script = f"([at, totals]) => ({TALLY})(document.querySelector(at)) === totals"
        self.frame.wait_for_function(script, arg=[self.screen, totals])

    def read_facts(self) -> dict:
        """Return the totals of the table, and the units that differ between table and map."""
        return self.frame.eval_on_selector(self.screen, FACTS)

    def fill_of(self, name: str) -> str:
        """Return a unit's fill."""
        return self.frame.eval_on_selector(
            f"{self.screen} {unit(name)}", "shape => getComputedStyle(shape).fill"
        )


class ViewerPage(PersonPage):
    """A viewer's page. Keeps its requests, sockets, frames and polls."""

    def __init__(self, browser, server, name: str, script: str = "", **options) -> None:
        super().__init__(browser, server, name, **options)
        self.context.add_init_script(RECORDER + script)
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
        if "/updates?v=2&since=" in response.url and response.request.method == "GET":
            self.polls.append(response)

    def block_websockets(self) -> None:
        """Close every WebSocket at once, as a proxy might."""
        self.context.route_web_socket("**/ws*", lambda socket: socket.close())

    def mark_page(self) -> None:
        """Mark the page, so that `is_same_page` finds whether it was loaded again."""
        self.frame.evaluate("window.unloaded = false")

    def is_same_page(self) -> bool:
        return self.frame.evaluate("window.unloaded === false")

    def recorded(self, what: str) -> list[str]:
        return self.frame.evaluate(f"recorded.{what}")

    def received(self) -> list[int]:
        """Return the seqs of the received updates, in the order of their arrival."""
        frames = self.frames + [poll.json() for poll in self.polls if poll.ok]
        return [update["seq"] for frame in frames for update in frame.get("updates", ())]

    def logged(self) -> list[int]:
        """Return the seqs in the log of calls, oldest first."""
        entries = self.frame.locator(".log [data-seq]").evaluate_all(
            "all => all.map(({ dataset }) => Number(dataset.seq))"
        )
        return entries[::-1]

    def has_no_open_socket(self) -> bool:
        """Return whether all sockets are closed. Evaluating lets Playwright handle its events."""
        self.page.evaluate("0")
        return all(socket.is_closed() for socket in self.sockets)


class EmbedPage(ViewerPage):
    """A newspaper's page that has the map in a frame."""

    def open_newspaper(self, newspaper: Newspaper) -> None:
        self.page.goto(f"http://localhost:{newspaper.server_port}/")

    @property
    def frame(self):
        return self.page.frames[1]


class PlainPage(PersonPage):
    """A viewer's page in a browser without scripts, which must be reloaded."""

    def __init__(self, browser, server, name: str) -> None:
        super().__init__(browser, server, name, java_script_enabled=False)

    def wait_for_totals(self, totals: str) -> None:
        wait_for(lambda: self._reload() and self.totals == totals, f"{totals}, plain")

    def _reload(self) -> bool:
        """Reload the page, which also reloads itself. Return False if both happen together."""
        try:
            return self.page.reload() is not None
        except Error as error:
            if "ERR_ABORTED" not in error.message:
                raise
            return False


class StaffPage(PersonPage):
    """The console of a member of staff."""

    screen = PROGRAM

    def __init__(self, browser, server, name: str) -> None:
        super().__init__(browser, server, name, viewport={"width": 1440, "height": 1000})
        self.exchanges: list[str] = []  # with the server, for the message of a failed test
        self.page.on("response", lambda got: self.exchanges.append(f"{got.status} {got.url}"))
        self.page.on("requestfailed", lambda sent: self.exchanges.append(f"failed: {sent.url}"))
        self.page.on("websocket", self._note_frames)

    def _note_frames(self, websocket) -> None:
        self.exchanges.append(f"opens {websocket.url}")
        websocket.on("framereceived", lambda frame: self.exchanges.append(str(frame)[:60]))
        websocket.on("close", lambda _: self.exchanges.append("closed"))

    def open_console(self, broadcast) -> None:
        """Open the console of `broadcast`, and wait until it is connected."""
        self.open(f"/admin/broadcaster/broadcast/{broadcast.pk}/console/")
        self.wait_for_connection()

    def wait_for_connection(self) -> None:
        shown = '[data-desk="connection"]'
        try:
            self.wait_for(f'{shown}[data-state="connected"]', timeout=RECONNECT_TIMEOUT)
        except TimeoutError as error:
            state = self.page.get_attribute(shown, "data-state")
            facts = (f"the desk is {state!r}", *self.exchanges[-60:], self.server.output()[-4000:])
            raise AssertionError("\n".join(facts)) from error

    def cue(self, title: str):
        """Return a cue's row in the rundown."""
        named = self.page.locator(f'[data-cue="title"]:text-is("{title}")')
        return self.page.locator(".cue").filter(has=named)

    def preview(self, title: str) -> None:
        self.cue(title).locator('[data-cue="select"]').click()

    def schedule(self, title: str, ahead: float) -> float:
        """Schedule a cue `ahead` seconds from now; return that time in seconds since 1970."""
        self.preview(title)
        script = "then => new Date(then).toTimeString().slice(0, 8)"
        due = int(time.time() + ahead)
        self.page.fill('[data-cue="time"]', self.page.evaluate(script, due * 1000))
        self.page.click("text=Take at")
        self.wait_for_message(f"“{title}” goes out automatically at")
        return due

    def take(self, title: str) -> None:
        """Take a cue, and wait until it is on air. A second later if its row had just moved."""
        take = self.cue(title).locator(".cue-take")
        asked = self.page.evaluate("performance.now()")
        take.click()
        self.wait_for_message(rf"Update \d+ is on air: {title}\.|{LOOK_FIRST}")
        if LOOK_FIRST in self.page.inner_text(".desk-messages"):
            self.page.wait_for_function("asked => performance.now() > asked + 1000", arg=asked)
            take.click()
            self.wait_for_message(rf"Update \d+ is on air: {title}\.")

    def take_draft(self, seq: int) -> None:
        """Take the draft, and wait until it is on air as update `seq`."""
        self.page.click(TAKE)
        self.wait_for_message(rf"Update {seq} is on air\.")

    def wait_for_message(self, words: str) -> None:
        """Wait for a message of the console that matches the regular expression `words`."""
        self.page.locator(".desk-messages", has_text=re.compile(words)).wait_for()

    def post_command(self, **command) -> int:
        """Post a command that the page would not send; return the status of the answer."""
        return self.page.evaluate(
            """async (command) => {
                const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
                const headers = { "X-CSRFToken": token, "Content-Type": "application/json" };
                const body = JSON.stringify(command);
                return (await fetch("command", { method: "POST", headers, body })).status;
            }""",
            command,
        )

    def send_command(self, **command) -> int:
        """Send a command on a new socket; return the status of the answer."""
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
