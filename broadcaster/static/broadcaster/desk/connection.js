// The console's connection to the server: a socket for frames and commands. While it is down,
// commands are posted and console/state is fetched every 5 s.

const ANSWER_TIMEOUT = 5000; // milliseconds
const SILENCE_TIMEOUT = 10000; // milliseconds
const MAX_RECONNECT_DELAY = 10000; // milliseconds
const FETCH_INTERVAL = 5000; // milliseconds between fetches of the state while the socket is down
const FINAL_CODES = [4003, 4044]; // close codes: not allowed here; no such broadcast
const CSRF_FAILED = "This browser has logged in again since. Reload the page; the draft is kept.";

/** Return a new idempotency key. */
export function newId() {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(16)).join("");
}

export class Connection {
  /**
   * `onFrame` gets every frame but answers. `onState` gets "connected", "fallback" (no socket),
   * "offline" (no answer) or "forbidden".
   */
  constructor(csrfToken, onFrame, onState) {
    this.csrfToken = csrfToken;
    this.onFrame = onFrame;
    this.onState = onState;
    this.pending = new Map(); // id of a command -> {resolve, reject} of its promise
    this.failures = 0; // attempts to connect since the last frame
    this.fetching = null; // the interval timer of the fallback, while the socket is down
    this.fetches = 0; // number of the newest fetch
    this.shownFetch = 0; // number of the newest fetch that was shown
  }

  connect() {
    const url = new URL("ws", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    this.socket = new WebSocket(url);
    this.#restartSilenceTimeout();
    this.socket.onmessage = ({ data }) => {
      this.#restartSilenceTimeout();
      this.#handleFrame(JSON.parse(data));
    };
    this.socket.onclose = ({ code }) => {
      clearTimeout(this.silenceTimeout);
      for (const { reject } of this.pending.values()) reject(new Error("the socket was closed"));
      if (FINAL_CODES.includes(code)) {
        clearInterval(this.fetching);
        return this.onState("forbidden");
      }
      if (!this.fetching) this.#startFallback();
      const longest = Math.min(500 * 2 ** this.failures, MAX_RECONNECT_DELAY);
      this.failures += 1;
      setTimeout(() => this.connect(), longest * (0.5 + Math.random() / 2));
    };
  }

  /** Start again from a snapshot. */
  reconnect() {
    this.socket.close();
  }

  /**
   * Send a command. Resolves to the server's answer, {status, …}; rejects if none arrives. A
   * command without an answer is sent again, so one that must not be done twice carries an
   * idempotency key (client_id), its cue or its version in `more`.
   */
  async command(name, more) {
    const message = { command: name, ...more };
    try {
      return await this.#sendBySocket(message);
    } catch {
      return await this.#post(message);
    }
  }

  /** The server sends a frame every 3 seconds, so a socket that is silent for longer is dead. */
  #restartSilenceTimeout() {
    clearTimeout(this.silenceTimeout);
    this.silenceTimeout = setTimeout(() => this.#abandonSocket(), SILENCE_TIMEOUT);
  }

  /** A dead socket may take a minute to close, so do not wait for its close event. */
  #abandonSocket() {
    const { onclose } = this.socket;
    this.socket.onclose = this.socket.onmessage = null;
    this.socket.close();
    onclose({ code: 1006 });
  }

  #startFallback() {
    this.onState("fallback");
    this.fetching = setInterval(() => this.#fetchState(), FETCH_INTERVAL);
    this.#fetchState();
  }

  /** Fetch the snapshot and the rundown, and pass them on like frames. */
  async #fetchState() {
    if (!this.fetching) return;
    const number = (this.fetches += 1);
    try {
      const response = await fetch("state", { signal: AbortSignal.timeout(ANSWER_TIMEOUT) });
      if (!response.ok) return this.onState(response.status === 403 ? "forbidden" : "offline");
      const { snapshot, rundown } = await response.json();
      if (!this.fetching || number < this.shownFetch) return; // a newer state is shown already
      this.shownFetch = number;
      this.onFrame({ t: "snapshot", ...snapshot });
      this.onFrame({ t: "rundown", ...rundown });
      this.onState("fallback");
    } catch {
      if (this.fetching) this.onState("offline");
    }
  }

  #sendBySocket(message) {
    return new Promise((resolve, reject) => {
      if (this.socket?.readyState !== WebSocket.OPEN) return reject(new Error("no socket"));
      const id = newId();
      this.pending.set(id, { resolve, reject });
      setTimeout(() => {
        this.pending.delete(id);
        reject(new Error("no answer"));
      }, ANSWER_TIMEOUT);
      this.socket.send(JSON.stringify({ ...message, id }));
    });
  }

  async #post(message) {
    const response = await fetch("command", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": this.csrfToken },
      body: JSON.stringify(message),
      signal: AbortSignal.timeout(2 * ANSWER_TIMEOUT),
    });
    // Django rejects a wrong CSRF token with an HTML page.
    const answer = await response.json().catch(() => ({ error: CSRF_FAILED }));
    const unavailable = response.status === 503 && answer.error !== CSRF_FAILED;
    if (response.status >= 500 && !unavailable) {
      throw new Error("server error: done or not is unknown");
    }
    await this.#fetchState(); // as on the socket, the outcome is shown before the answer
    return { status: response.status, ...answer };
  }

  #handleFrame(frame) {
    this.failures = 0;
    clearInterval(this.fetching);
    this.fetching = null;
    if (frame.t === "answer") {
      this.pending.get(frame.id)?.resolve(frame);
      this.pending.delete(frame.id);
      return;
    }
    this.onState("connected");
    this.onFrame(frame);
  }
}
