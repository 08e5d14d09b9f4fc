// Keeps a session connected: runs its attempts, watches its deadline, tells what happened.

import { ViewerSession } from "./session.js";

const CLOSE_CODES = { 403: 4003, 404: 4044, 503: 4100 }; // by HTTP status of a poll
const CONNECT = { ws: openSocket, poll };
const OVER = 4001; // the broadcast is over: it may still start over, as rehearsals do
const LOOK_AGAIN = [60, 180]; // seconds until whoever still looks at it asks
const LOOK = 5; // seconds between looks at the clock: timers stand still while a machine sleeps

/**
 * Follow the broadcast from the snapshot that a page has, if it goes on: through lost networks,
 * sleep, and the browser's store of pages. `told` is as for Follower.
 */
export function follow({ address, election: { votes }, snapshot }, told) {
  const transports = typeof WebSocket === "undefined" ? ["poll"] : ["ws", "poll"];
  const session = new ViewerSession({ votes, snapshot, transports });
  const follower = new Follower(session, new URL(address, location.href), told);
  if (snapshot.state.phase === "ended") return follower;
  follower.start();
  addEventListener("online", () => follower.restart());
  addEventListener("offline", told.waiting);
  addEventListener("pagehide", () => follower.stop());
  addEventListener("pageshow", (event) => event.persisted && follower.restart());
  document.addEventListener("visibilitychange", () => document.hidden || follower.hurry());
  return follower;
}

/** Follows the broadcast at `address` until it is over. */
export class Follower {
  #connection = null;
  #attempt = null; // what is waiting for its time
  #timer = null; // until that time, or until the next look at the deadline
  #lost = false; // nothing was heard since `waiting` was called

  /** Calls `heard(events)` with each frame, `waiting()` when it has to wait, `over()`. */
  constructor(session, address, { heard, waiting, over }) {
    this.session = session;
    this.address = address;
    this.heard = heard;
    this.waiting = waiting;
    this.over = over;
  }

  /** Connect, now and again. */
  start() {
    this.#attempt = this.session.attempt(seconds());
    if (!this.#attempt) {
      this.over();
      if (this.session.over === OVER) this.#lookAgain();
      return;
    }
    if (this.#attempt.delay > 0) {
      this.#lost = true;
      this.waiting();
    }
    this.#after(this.#attempt.delay, () => this.#connect());
  }

  /** Drop the connection. `start` or `restart` resumes. */
  stop() {
    clearTimeout(this.#timer);
    this.#connection?.close();
    this.#connection = this.#attempt = null;
  }

  /** Someone looks: connect if we wait, ask again if it was over, give up a long silence. */
  hurry() {
    if (this.session.over !== null) {
      this.session.revive();
      this.start();
    } else if (this.#attempt) this.#connect();
    else if (this.#connection && seconds() > this.session.deadline) this.#timedOut();
  }

  /** The network is back: drop the connection, which may be dead without knowing it, and make a
   * new one. That others were refused before is no reason to wait any more. */
  restart() {
    if (this.session.over !== null) return;
    this.session.failures = 0;
    this.#ended();
    this.hurry();
  }

  #connect() {
    clearTimeout(this.#timer);
    const { transport, since } = this.#attempt;
    this.#attempt = null;
    this.#connection = CONNECT[transport](this.address, since, {
      onopen: () => this.#opened(transport),
      isLost: this.#lost,
      onframe: (text) => this.#receive(text),
      onend: (code) => this.#ended(code),
    });
    this.#watch();
  }

  /** Somebody answers. A WebSocket's first frame comes at once, a poll's when there is news. */
  #opened(transport) {
    this.session.opened();
    if (transport === "ws") return;
    this.#lost = false;
    this.heard([]);
  }

  #receive(text) {
    this.#lost = false;
    this.heard(this.session.receive(text, seconds()));
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

  /** At a time of its own: thousands hear of the end together. */
  #lookAgain() {
    const [first, last] = LOOK_AGAIN;
    const wait = first + (last - first) * this.session.random();
    this.#after(wait, () => document.hidden || this.hurry());
  }

  #watch() {
    const left = this.session.deadline - seconds();
    if (left <= 0) return this.#timedOut();
    this.#after(Math.min(left, LOOK), () => this.#watch());
  }

  #after(delay, act) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(act, delay * 1000);
  }
}

/**
 * What led to a snapshot: `first`, the snapshot before any update, and all `updates`, oldest first,
 * each with `at` in milliseconds.
 */
export async function historyUntil(address, { epoch, seq }) {
  const url = `${address}recording.json?upto=${epoch}:${seq}`;
  const { began, initial, updates } = await (await fetch(url, { credentials: "omit" })).json();
  return {
    first: { epoch, seq: 0, at: began, state: initial },
    updates: updates.map((update) => ({ ...update, at: began + update.t })),
  };
}

// The transports. Each returns {close}, after which none of the callbacks is called.

/** Frames over a WebSocket. */
function openSocket(address, since, { onopen, onframe, onend }) {
  const url = new URL("ws", address);
  url.protocol = url.protocol.replace("http", "ws");
  if (since !== null) url.searchParams.set("since", since);
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

/** One long poll: at most one frame, then the end. One that `isLost` knocks, and hears at once. */
function poll(address, since, { isLost, onopen, onframe, onend }) {
  const url = new URL("updates", address);
  if (since !== null) url.searchParams.set("since", since);
  const controller = new AbortController();
  const { signal } = controller;
  if (isLost && since !== null) {
    const knock = fetch(url, { method: "HEAD", signal, credentials: "omit" });
    knock.then(({ ok }) => ok && !signal.aborted && onopen()).catch(() => {}); // the poll tells
  }
  ask(url, signal).then(({ text, code }) => {
    if (text !== undefined && !signal.aborted) onframe(text);
    if (!signal.aborted) onend(code);
  });
  return { close: () => controller.abort() };
}

async function ask(url, signal) {
  try {
    const response = await fetch(url, { signal, credentials: "omit" });
    return response.ok
      ? { text: await response.text() }
      : { code: CLOSE_CODES[response.status] };
  } catch {
    return {}; // the network failed, or we gave up
  }
}

let latest = 0; // seconds
let putBack = 0; // seconds by which the machine's clock was put back

/** Goes on while a laptop sleeps, unlike performance.now(), and never back, unlike Date.now(). */
function seconds() {
  const now = Date.now() / 1000;
  putBack = Math.max(putBack, latest - now);
  latest = now + putBack;
  return latest;
}
