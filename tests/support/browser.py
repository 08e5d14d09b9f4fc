"""A real Chromium for tests, driven by Playwright."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.db import connection
from django.test import Client
from playwright.sync_api import sync_playwright

from tests.support.programs import find_program
from tests.support.server import ServeProcess, wait_for

# Playwright's synchronous interface runs an event loop in this thread, which makes Django
# believe that its database is called from asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# Resolves when no colour or place of the page is on its way to another. (Asking for the
# animations has the styles computed first, so that a transition that is due has begun.)
NO_TRANSITION = """Promise.allSettled(
    document.getAnimations()
        .filter((each) => each instanceof CSSTransition)
        .map((each) => each.finished)
)"""


@contextmanager
def chromium():
    """Start a headless browser."""
    with sync_playwright() as playwright:
        browser = launch(playwright.chromium)
        try:
            yield browser
        finally:
            browser.close()


def launch(chromium, **options):
    """Start a headless browser with options of Playwright. The caller has to close it."""
    # chromium-headless-shell takes a quarter of the CPU that chromium takes.
    program = shutil.which("chromium-headless-shell") or find_program("chromium", "chromium")
    arguments = ["--no-sandbox", "--disable-background-networking"]
    return chromium.launch(executable_path=program, args=arguments, **options)


def in_a_thread(act, *args) -> None:
    """Call `act` in a thread without an event loop, as Django's database code requires."""

    def run() -> None:
        act(*args)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(run).result()


def hold_back(page, address: str):
    """Hold back the requests of `page` for `address`. Return a function that releases them."""
    held, is_released = [], False

    def handle(route) -> None:
        if is_released:
            route.continue_()
        else:
            held.append(route)

    def release() -> None:
        nonlocal is_released
        is_released = True
        for route in held:
            route.continue_()

    page.route(address, handle)
    return release


def violations(page, without: str | None = None, *, contrast: bool = True) -> list[str]:
    """Return the violations of WCAG 2.2 AA that axe finds in a page, each with its first element.

    What was checked before can be left out: `without` is a selector of elements, and `contrast`
    says whether to check the contrast of colours, which takes most of the time. Colours that are
    on their way (Django's admin fades its links into another scheme) are waited for.
    """
    page.evaluate(NO_TRANSITION)
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    options = {
        "runOnly": tags,
        "rules": {"target-size": {"enabled": True}, "color-contrast": {"enabled": contrast}},
        # Else axe writes sheets that are imported into the page, which its policy forbids. That
        # costs one rule: styles that lock a screen's orientation. Ours have no such rule.
        "preload": False,
        "resultTypes": ["violations"],  # without the markup of all that passes: a fifth faster
        "selectors": False,  # the first element's markup shows where: a tenth faster
    }
    context = {"exclude": [[without]]} if without else None
    found = Axe().run(page, context=context, options=options).response["violations"]
    return [f"{each['id']}: {each['help']}: {each['nodes'][0]['html'][:200]}" for each in found]


def ticks(page) -> list[list[float]]:
    """Return for each bar that is seen, and has a tick, its height and how far the tick stands out
    above and below it, in pixels."""
    return page.evaluate(
        """[...document.querySelectorAll(".tally-bar")]
          .filter((bar) => bar.checkVisibility() && bar.querySelector(".tally-mark"))
          .map((bar) => [bar.querySelector(".tally-all"), bar.querySelector(".tally-mark")])
          .map((parts) => parts.map((part) => part.getBoundingClientRect()))
          .map(([bar, tick]) => [bar.height, bar.top - tick.top, tick.bottom - bar.bottom])
          .map((found) => found.map(Math.round))"""
    )


class Visit:
    """A browser context with one page. `errors` has the page's script errors and violations of its
    Content-Security-Policy; `has_scripts` is whether scripts run in it."""

    def __init__(self, browser, server: ServeProcess, **options) -> None:
        self.server = server
        self.has_scripts: bool = options.get("java_script_enabled", True)
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._add_violation)
        self.page.set_default_timeout(15_000)

    def _add_violation(self, message) -> None:
        if "Content Security Policy" in message.text:
            self.errors.append(message.text)

    def open(self, path: str):
        self.page.goto(self.server.url + path)
        return self.page

    def open_late(self, path: str, text: str):
        """Open a page that the server may keep for a second, once it has `text`."""
        self.open(path)
        wait_for(lambda: text in self.page.content() or not self.page.reload(), f"{text}, late")
        return self.page

    def log_in(self, username: str, password: str) -> None:
        """Log in through the admin's form."""
        page = self.open("/admin/login/?next=/admin/")
        page.fill("#id_username", username)
        page.fill("#id_password", password)
        page.click("[type=submit]")
        page.wait_for_url("**/admin/")

    def log_in_as(self, user) -> None:
        """Log in with a new session, without the form."""
        client = Client()
        client.force_login(user)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        self.context.add_cookies(
            [{"name": cookie.key, "value": cookie.value, "url": self.server.url}]
        )

    def wait_for(self, selector: str, **options):
        return self.page.wait_for_selector(selector, **options)
