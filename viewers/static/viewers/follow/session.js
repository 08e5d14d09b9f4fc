// The viewer's side of the protocol: its position, and what to do next. No input or output.
// The same rules as session.py and frames.py; tests/vectors/session.json pins both.
// Times are seconds on any clock.

import { Replica, sameTotals, totals } from "../../broadcaster/domain/replica.js";

const HEARTBEAT = 25; // seconds between frames, unless the snapshot says otherwise
const HEARTBEAT_SPREAD = 0.2; // connections differ by up to this share
const HEARTBEAT_GRACE = 10; // seconds after which a missed heartbeat means a dead connection
const FIRST_FRAME = 5; // seconds within which the first frame must come
const RETURN_RANGE = [1, 10]; // seconds after which a viewer reconnects after a bye
const BACK_OFF = [0.5, 30]; // seconds: the longest delay, doubled with each failure
const RESYNC_WITHIN = 1; // seconds over which viewers reconnect after a gap
const FALL_BACK_AFTER = 3; // WebSocket attempts without a frame
const BRIEF = 10; // seconds: a WebSocket cut sooner after its first frame counts as a failure
const LOST_AFTER = 10; // refused attempts in a row after which a WebSocket that worked is given up
const PROBE_AFTER = 180; // seconds on long poll before the WebSocket is tried again
const RESYNC = 4201;

/** Parse a frame. Throws for anything else. A frame of an unknown type is returned as it is. */
export function decode(text) {
  const frame = JSON.parse(text);
  need(frame, "t");
  if (frame.t === "snapshot") {
    need(frame, "epoch", "seq", "at", "heartbeat", "contests", "state");
    need(frame.state, "phase", "view", "calls", "counts", "story");
  } else if (frame.t === "updates") {
    need(frame, "epoch", "seq", "updates");
    for (const update of frame.updates) need(update, "seq", "at", "totals");
  } else if (frame.t === "heartbeat") {
    need(frame, "epoch", "seq");
  } else if (frame.t === "bye") {
    need(frame, "code");
  }
  return frame;
}

function need(object, ...keys) {
  for (const key of keys) {
    if (object[key] === undefined) throw new TypeError(`not a frame: no ${key}`);
  }
}

/** One viewer, from the first attempt until the broadcast is over. */
export class ViewerSession {
  /** `contests` are by key. `snapshot`: what the page was rendered from, if any. */
  constructor({ contests, snapshot, transports = ["ws", "poll"], random = Math.random }) {
    this.contests = contests;
    this.transports = transports;
    this.transport = transports[0];
    this.replica = snapshot ? new Replica(snapshot) : null;
    this.heartbeat = HEARTBEAT;
    this.over = null; // the final close code
    this.failed = false; // the connection must be closed
    this.deadline = null; // call `timedOut` if no frame came by then
    this.random = random;
    this.delay = 0;
    this.failures = 0; // attempts in a row that brought no frame
    this.gotFrame = false; // this attempt brought a frame
    this.isOpen = false; // this attempt's handshake succeeded
    this.proven = false; // the WebSocket has worked before
    this.first = null; // when this attempt brought its first frame
    this.emptyAttempts = 0; // WebSocket attempts that count towards falling back
    this.probeAt = null;
    this.bye = null;
  }

  /** The position to resume from, as in the URL; null if there is none. */
  get since() {
    return this.replica && String(this.replica.position);
  }

  /** Return how to connect next: {transport, delay, since}; null when the broadcast is over. */
  attempt(now) {
    if (this.over !== null) return null;
    if (this.probeAt !== null && now >= this.probeAt) {
      this.transport = "ws";
      this.probeAt = null;
      this.emptyAttempts = FALL_BACK_AFTER - 1; // one more failure, and it polls again
    }
    this.failed = this.gotFrame = this.isOpen = false;
    this.bye = this.first = null;
    const waits = this.transport === "poll" && this.replica !== null;
    this.deadline = now + this.delay + (waits ? this.#silence : FIRST_FRAME);
    return { transport: this.transport, delay: this.delay, since: this.since };
  }

  /** Allow one more attempt after the end, in case the broadcast started over. */
  revive() {
    this.over = null;
    this.delay = 0;
  }

  /** To be called when the WebSocket's handshake succeeded. */
  opened() {
    this.isOpen = true;
  }

  /**
   * Handle one frame and return its events. If `failed` is set afterwards, close the connection.
   * The events are ["snapshot", snapshot], ["update", update], ["seen", update], ["heartbeat"],
   * ["bye", code], ["gap"], ["behind"], ["diverged"] or ["garbage"].
   */
  handleFrame(text, now) {
    let frame;
    try {
      frame = decode(text);
    } catch {
      return [this.#fail("garbage")];
    }
    if (frame.t === "bye") {
      this.bye = frame;
      return [["bye", frame.code]];
    }
    this.gotFrame = true;
    this.failures = 0;
    this.first ??= now;
    if (this.transport === "ws") this.proven = true;
    if (frame.t === "snapshot") this.heartbeat = frame.heartbeat;
    this.deadline = now + this.#silence;
    if (frame.t === "snapshot") {
      this.replica = new Replica(frame);
      return [["snapshot", frame]];
    }
    if (frame.t === "updates") {
      return [...this.#takeUpdates(frame), ...this.#compareContests(frame)];
    }
    if (frame.t === "heartbeat") return this.#compare(frame);
    return [];
  }

  /** To be called when no frame came by the deadline and the connection has been closed. */
  timedOut(now) {
    if (this.transport === "ws" && !this.gotFrame && !this.proven) {
      this.emptyAttempts = FALL_BACK_AFTER;
    }
    this.ended(now);
  }

  /**
   * To be called when the connection ended: it was closed with `code`, it failed, or a poll was
   * answered. A rejected poll is reported with the close code of the same meaning.
   */
  ended(now, code = null) {
    this.deadline = null;
    let after = RETURN_RANGE;
    if (this.bye) {
      code = this.bye.code;
      after = this.bye.after ?? after;
    }
    if (isInRange(4000, code)) {
      this.over = code;
      return;
    }
    if (code === RESYNC) this.replica = null;
    if (isInRange(4200, code)) {
      this.delay = after[0] + (after[1] - after[0]) * this.random();
    } else if (isInRange(4100, code)) {
      this.#backOff();
    } else if (this.gotFrame && this.failed) {
      this.delay = RESYNC_WITHIN * this.random();
    } else if (this.gotFrame && this.transport === "poll") {
      this.delay = 0;
    } else {
      this.#backOff();
      this.#considerFallingBack(now);
    }
  }

  /** Seconds without a frame after which the connection counts as dead. */
  get #silence() {
    return this.heartbeat * (1 + HEARTBEAT_SPREAD) + HEARTBEAT_GRACE;
  }

  /** Set a delay with full jitter: any time up to a limit that doubles with every failure. */
  #backOff() {
    const [first, last] = BACK_OFF;
    this.delay = Math.min(first * 2 ** this.failures, last) * this.random();
    if (!this.gotFrame) this.failures += 1;
  }

  /**
   * Change from WebSocket to long poll after failures, and back if that fails as well. A server
   * that restarts refuses connections and does not open them. So once the WebSocket has worked,
   * only attempts count that opened without a frame or were cut soon after one (proxies do both),
   * or so many refused ones that the viewer must be in another network.
   */
  #considerFallingBack(now) {
    const brief = this.first !== null && now - this.first < BRIEF;
    if (this.gotFrame && !brief) {
      this.emptyAttempts = 0;
      return;
    }
    if (this.transport === "ws" && this.transports.includes("poll")) {
      if (this.isOpen || brief || !this.proven) this.emptyAttempts += 1;
      if (this.failures >= LOST_AFTER) this.emptyAttempts = FALL_BACK_AFTER;
      if (this.emptyAttempts >= FALL_BACK_AFTER) {
        this.transport = "poll";
        this.probeAt = now + PROBE_AFTER;
      }
    } else if (this.transport === "poll" && this.transports.includes("ws")) {
      this.transport = "ws";
      this.probeAt = null;
      this.emptyAttempts = FALL_BACK_AFTER - 1;
    }
  }

  #takeUpdates(frame) {
    const events = [];
    for (const update of frame.updates) {
      events.push(this.#takeUpdate(frame.epoch, update));
      if (this.failed) break;
    }
    return events;
  }

  #takeUpdate(epoch, update) {
    const outcome = this.replica ? this.replica.apply(epoch, update) : "gap";
    if (outcome === "seen") return ["seen", update];
    if (outcome === "gap") return this.#fail("gap");
    if (!sameTotals(totals(this.contests, this.replica.state.calls), update.totals)) {
      this.replica = null;
      return this.#fail("diverged");
    }
    return ["update", update];
  }

  /** Compare positions: a heartbeat that is ahead means that the last update was missed. */
  #compare(frame) {
    const position = this.replica?.position;
    if (!position || frame.epoch !== position.epoch || frame.seq > position.seq) {
      return [this.#fail("behind")];
    }
    const behind = this.#compareContests(frame);
    return behind.length ? behind : [["heartbeat"]];
  }

  /** Other contests mean that names or looks were corrected while this viewer was not connected. */
  #compareContests({ contests }) {
    if (!this.replica || !contests || this.replica.hasContests(contests)) return [];
    this.replica = null; // the next attempt gets a snapshot
    return [this.#fail("behind")];
  }

  #fail(event) {
    this.failed = true;
    return [event];
  }
}

function isInRange(first, code) {
  return code !== null && first <= code && code < first + 100;
}
