// Loads a page again, at a quiet moment, when the server has newer scripts, styles or contests, so
// that it can stay open for weeks. A page that is loaded in vain is not loaded again for the same
// reason, and none is loaded before the server has answered with the new page and all its files: an
// error of a server that restarts would stay in the place of the map.

const SEEN = "editions"; // the name in sessionStorage of the editions that this tab has had
const MAX_SEEN = 20;
const ROUTINE = [7_200, 14_400]; // seconds between two checks of a page that lost no connection
const AFTER_LOSS = [60, 600]; // seconds after which a page that did checks: upgrades restart servers
const WHILE_BUSY = [20, 40]; // seconds until another look whether it is a quiet moment
const IDLE = 300_000; // milliseconds since a viewer last did anything
const TOUCHES = ["pointerdown", "pointermove", "keydown", "wheel", "scroll"];
const FILES = "link[rel=stylesheet], link[rel=modulepreload], script[src]";

const isSandboxed = globalThis.origin === "null"; // such a frame may not read this page

let touchedAt = -Infinity;
for (const touch of TOUCHES) {
  addEventListener(touch, () => (touchedAt = Date.now()), { passive: true, capture: true });
}

/** Return whether nobody has touched the page for minutes, is typing, or has selected text in it. */
export function isIdle() {
  const isTyping = document.activeElement?.matches("input, select, textarea") ?? false;
  const isUsed = Date.now() - touchedAt < IDLE || isTyping || !getSelection().isCollapsed;
  return document.hidden || !isUsed;
}

export class Renewal {
  #timer = null;
  #due = 0; // when the timer ends, in milliseconds since 1970; 0 without one
  #isOutdated = false; // whether this page cannot go on

  /** `isQuiet()` says whether loading the page now would take nothing from its viewer. */
  constructor(isQuiet) {
    this.isQuiet = isQuiet;
    this.own = editionOf(document);
    remember(this.own.key);
    this.#after(ROUTINE);
  }

  /** The connection was lost. The server may be another one afterwards. */
  lost() {
    this.#after(AFTER_LOSS);
  }

  /** The page cannot go on as it is. */
  outdated() {
    this.#isOutdated = true;
    this.#after(AFTER_LOSS);
  }

  /** Check at a random time in the range, since thousands of pages do; sooner if that is planned. */
  #after([first, last]) {
    if (isSandboxed) return;
    const wait = 1000 * (first + (last - first) * Math.random());
    if (this.#due && this.#due < Date.now() + wait) return;
    clearTimeout(this.#timer);
    this.#due = Date.now() + wait;
    this.#timer = setTimeout(() => this.#check(), wait);
  }

  async #check() {
    this.#due = 0;
    if (!this.isQuiet()) return this.#after(WHILE_BUSY);
    try {
      if (!(await this.#isWorthLoading())) return this.#after(ROUTINE);
      if (!this.isQuiet()) return this.#after(WHILE_BUSY);
      location.reload();
    } catch {
      this.#after(AFTER_LOSS); // the server does not answer, or does not have the files yet
    }
  }

  async #isWorthLoading() {
    const text = await (await load(location.href)).text();
    const fresh = editionOf(new DOMParser().parseFromString(text, "text/html"));
    const isNew = this.#isOutdated || fresh.build !== this.own.build;
    if (!isNew || seen().includes(fresh.key)) return false;
    await Promise.all(fresh.files.map(load)); // they are in the browser's cache then
    return remember(fresh.key);
  }
}

/**
 * Return {files, build, key} of a page: the addresses of its files; these with the version; and all
 * that with its contests.
 */
function editionOf(page) {
  const files = [...page.querySelectorAll(FILES)].map(
    (element) => element.getAttribute("href") ?? element.getAttribute("src"),
  );
  const { version, snapshot } = JSON.parse(page.getElementById("broadcast").textContent);
  const build = [version, ...files].join(" ");
  return { files, build, key: `${build} ${Object.values(snapshot.contests).join(" ")}` };
}

/** Return the keys of the editions that this tab has had. */
function seen() {
  return JSON.parse(sessionStorage.getItem(SEEN)) ?? [];
}

/** Note that this tab has had an edition. Return whether that was possible. */
function remember(key) {
  try {
    const others = seen().filter((each) => each !== key);
    sessionStorage.setItem(SEEN, JSON.stringify([...others, key].slice(-MAX_SEEN)));
    return true;
  } catch {
    return false; // the browser keeps nothing for this frame, so it would be loaded again and again
  }
}

async function load(address) {
  const response = await fetch(address, { credentials: "same-origin" });
  if (!response.ok) throw new Error(`${address}: HTTP status ${response.status}`);
  return response;
}
