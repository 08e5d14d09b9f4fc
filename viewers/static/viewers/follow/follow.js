// Keeps a viewer's session connected: makes its attempts, watches its deadline, passes on events.

import { ViewerSession } from "./session.js";

const CLOSE_CODES = { 403: 4003, 404: 4044, 503: 4100 }; // by the HTTP status of a poll
const CONNECT = { ws: openSocket, poll };
const POLL = { cache: "no-store", credentials: "omit" };
const VERSION = 2; // of the protocol. The server tells pages of an older version to reload.
const ENDED = 4001; // the close code of a broadcast that has ended: rehearsals may start over
const RECHECK = [60, 180]; // seconds after which a visible page checks whether it did
const CHECK_EVERY = 5; // seconds between looks at the clock: timers stop while a machine sleeps

/**
 * Follow a broadcast from the snapshot in a page's data: through lost networks, sleep, and the
 * browser's back-forward cache. One that has ended is only checked now and then. `contests` are by
 * key; `callbacks` is as for Follower.
 */
export function follow({ address, contests, snapshot }, callbacks) {
  const transports = typeof WebSocket === "undefined" ? ["poll"] : ["ws", "poll"];
  const session = new ViewerSession({ contests, snapshot, transports });
  const follower = new Follower(session, new URL(address, location.href), callbacks);
  if (snapshot.state.phase === "ended") {
    session.over = ENDED;
    follower.recheckLater();
  } else follower.start();
  addEventListener("online", () => follower.restart());
  addEventListener("offline", callbacks.onWaiting);
  addEventListener("pagehide", () => follower.stop());
  addEventListener("pageshow", (event) => event.persisted && follower.restart());
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) follower.rest();
    else follower.check();
  });
  return follower;
}

/** Follows the broadcast at `address` until it is over. */
export class Follower {
  #connection = null;
  #attempt = null; // the attempt that waits for its time
  #timer = null; // until that time, or until the next look at the deadline
  #isLost = false; // nothing has been received since `onWaiting` was called

  /**
   * Calls `onEvents(events)` for each frame, and without events when a lost server answers again;
   * `onWaiting()` when an attempt has to wait; `onOver()` when the session is over.
   */
  constructor(session, address, { onEvents, onWaiting, onOver }) {
    this.session = session;
    this.address = address;
    this.onEvents = onEvents;
    this.onWaiting = onWaiting;
    this.onOver = onOver;
  }

  /** Make the session's next attempt, after its delay. */
  start() {
    this.#attempt = this.session.attempt(seconds());
    if (!this.#attempt) {
      this.onOver();
      if (this.session.over === ENDED) this.recheckLater();
      return;
    }
    if (this.#attempt.delay > 0) {
      this.#isLost = true;
      this.onWaiting();
    }
    this.#after(this.#attempt.delay, () => this.#connect());
  }

  /** Drop the connection. `start` or `restart` resumes. */
  stop() {
    clearTimeout(this.#timer);
    this.#connection?.close();
    this.#connection = this.#attempt = null;
  }

  /**
   * The tab was hidden: end its long poll. Browsers open at most six connections to a host over
   * HTTP/1.1, so the polls of a few hidden tabs would keep every other request waiting. A
   * WebSocket is not counted there and stays.
   */
  rest() {
    if (this.#connection && this.session.transport === "poll") this.stop();
  }

  /**
   * The page is shown again: connect at once if an attempt waits or a poll rests, check once more
   * if the session is over, and give up a connection whose deadline has passed.
   */
  check() {
    if (this.session.over !== null) {
      this.session.revive();
      this.start();
    } else if (this.#attempt) this.#connect();
    else if (!this.#connection) {
      this.start();
      if (this.#attempt) this.#connect();
    } else if (this.#connection && seconds() > this.session.deadline) this.#timedOut();
  }

  /**
   * The network is back: replace the connection at once, since the old one may be dead without
   * notice. Failures of the network that was lost do not lengthen the next delays.
   */
  restart() {
    if (this.session.over !== null) return;
    this.session.failures = 0;
    this.#ended();
    this.check();
  }

  #connect() {
    clearTimeout(this.#timer);
    const { transport, since } = this.#attempt;
    this.#attempt = null;
    if (transport === "poll" && isHidden()) return; // it rests until `check`
    this.#connection = CONNECT[transport](this.address, since, {
      onopen: () => this.#opened(transport),
      isLost: this.#isLost,
      onframe: (text) => this.#handleFrame(text),
      onend: (code) => this.#ended(code),
    });
    this.#watch();
  }

  /** The server answers. A WebSocket's first frame follows at once; a poll's may take long. */
  #opened(transport) {
    this.session.opened();
    if (transport === "ws") return;
    this.#isLost = false;
    this.onEvents([]);
  }

  #handleFrame(text) {
    this.#isLost = false;
    this.onEvents(this.session.handleFrame(text, seconds()));
    if (this.session.failed) this.#ended();
    else this.#watch();
  }

  #ended(code) {
    this.stop();
    this.session.ended(seconds(), code);
    this.start();
  }

  #timedOut() {
    this.stop();
    this.session.timedOut(seconds());
    this.start();
  }

  /**
   * Check at some time whether a broadcast that has ended was started over. The time is random,
   * since thousands of pages see the end at the same moment.
   */
  recheckLater() {
    const [first, last] = RECHECK;
    const wait = first + (last - first) * this.session.random();
    this.#after(wait, () => document.hidden || this.check());
  }

  #watch() {
    const left = this.session.deadline - seconds();
    if (left <= 0) return this.#timedOut();
    this.#after(Math.min(left, CHECK_EVERY), () => this.#watch());
  }

  #after(delay, act) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(act, delay * 1000);
  }
}

/**
 * Fetch the history that led to a snapshot: `first`, the snapshot before any update, and all
 * `updates`, oldest first, each with `at` in milliseconds since 1970.
 */
export async function historyUntil(address, { epoch, seq }) {
  const url = `${address}recording.json?upto=${epoch}:${seq}`;
  const { began, initial, updates } = await (await fetch(url, { credentials: "omit" })).json();
  return {
    first: { epoch, seq: 0, at: began, state: initial },
    updates: updates.map((update) => ({ ...update, at: began + update.t })),
  };
}

// The transports. Each returns {close}; after close() no callback is called.

function setQuery(url, since) {
  url.searchParams.set("v", VERSION);
  if (since !== null) url.searchParams.set("since", since);
}

/** Receive frames over a WebSocket. */
function openSocket(address, since, { onopen, onframe, onend }) {
  const url = new URL("ws", address);
  url.protocol = url.protocol.replace("http", "ws");
  setQuery(url, since);
  const socket = new WebSocket(url);
  socket.onopen = onopen;
  socket.onmessage = (message) => onframe(message.data);
  socket.onclose = (event) => onend(event.code);
  return {
    close() {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    },
  };
}

/**
 * Make one long poll: at most one frame, then the end. After a lost connection, a HEAD request
 * beside it tells at once whether the server answers.
 *
 * "no-store" bypasses the browser's cache, which answers one request for an address after the
 * other: a second tab at the same position, and the HEAD request, would wait 20 s for the poll.
 * Shared caches see one address for one position and may still answer for the server.
 */
function poll(address, since, { isLost, onopen, onframe, onend }) {
  const url = new URL("updates", address);
  setQuery(url, since);
  const controller = new AbortController();
  const { signal } = controller;
  if (isLost && since !== null) {
    const head = fetch(url, { ...POLL, method: "HEAD", signal });
    head.then(({ ok }) => ok && !signal.aborted && onopen()).catch(() => {}); // the poll fails, too
  }
  request(url, signal).then(({ text, code }) => {
    if (text !== undefined && !signal.aborted) onframe(text);
    if (!signal.aborted) onend(code);
  });
  return { close: () => controller.abort() };
}

async function request(url, signal) {
  try {
    const response = await fetch(url, { ...POLL, signal });
    return response.ok
      ? { text: await response.text() }
      : { code: CLOSE_CODES[response.status] };
  } catch {
    return {}; // the network failed, or the poll was aborted
  }
}

function isHidden() {
  return globalThis.document?.hidden ?? false;
}

let latest = 0; // seconds
let setBack = 0; // seconds by which the machine's clock was set back

/** A clock that goes on while a machine sleeps, unlike performance.now(), and never goes back. */
function seconds() {
  const now = Date.now() / 1000;
  setBack = Math.max(setBack, latest - now);
  latest = now + setBack;
  return latest;
}
