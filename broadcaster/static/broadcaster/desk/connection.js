// The console's connection to the server: a socket for frames and commands. While it is down,
// commands are posted and console/state is fetched every 5 s.

const ANSWER_TIMEOUT = 5000; // milliseconds
const SILENCE_TIMEOUT = 8000; // milliseconds: a slow database delays frames by up to 5.7 s
const MAX_RECONNECT_DELAY = 10000; // milliseconds
const FETCH_INTERVAL = 5000; // milliseconds between fetches of the state while the socket is down
const FORBIDDEN = 4003; // close code: logged out, or not allowed here
const UNKNOWN = 4044; // close code: no such broadcast
const LOGGED_OUT = "You are logged out"; // how the server begins this answer: permissions.py
const CSRF_FAILED = "You are logged out. Log in again in another tab; the draft is kept.";
const REPLACED =
  "Somebody else logged in with this browser. Reload the page to go on under that name; the draft " +
  "is kept under yours.";

/** Return a new idempotency key. */
export function newId() {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(16)).join("");
}

export class Connection {
  /**
   * `me` is the user of the page, `csrfToken` that of the page's log-in. `onFrame` gets every
   * frame but answers. `onState` gets "connected", "fallback" (no socket, but answers to requests),
   * "offline" (neither: also right after the socket was closed, until there is an answer),
   * "forbidden", or "replaced": another user has logged in with this browser, which is final.
   */
  constructor(me, csrfToken, onFrame, onState) {
    this.me = me;
    this.csrfToken = csrfToken;
    this.onFrame = onFrame;
    this.onState = onState;
    this.pending = new Map(); // id of a command -> {resolve, reject} of its promise
    this.failures = 0; // attempts to connect since the last frame
    this.fetching = null; // the interval timer of the fallback, while the socket is down
    this.fetches = 0; // number of the newest fetch
    this.shownFetch = 0; // number of the newest fetch that was shown
    this.isReplaced = false; // another user has logged in with this browser
    this.isOwn = false; // the socket is known to be of this page's user
    this.isChecking = false;
  }

  connect() {
    const url = new URL("ws", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    this.socket = new WebSocket(url);
    this.isOwn = false;
    this.#restartSilenceTimeout();
    this.socket.onmessage = ({ data }) => {
      this.#restartSilenceTimeout();
      this.#handleFrame(JSON.parse(data));
    };
    this.socket.onclose = ({ code }) => {
      clearTimeout(this.silenceTimeout);
      for (const { reject } of this.pending.values()) reject(new Error("the socket was closed"));
      if (code === UNKNOWN) {
        clearInterval(this.fetching);
        return this.onState("forbidden");
      }
      if (!this.fetching) this.#startFallback(code === FORBIDDEN ? "forbidden" : "offline");
      const longest = Math.min(500 * 2 ** this.failures, MAX_RECONNECT_DELAY);
      this.failures += 1;
      this.reconnecting = setTimeout(() => this.connect(), longest * (0.5 + Math.random() / 2));
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
    if (this.isReplaced) return { status: 403, error: REPLACED };
    const message = { command: name, ...more };
    const answer = await this.#sendBySocket(message).catch(() => null);
    // The session of this socket has ended. A log-in since then has another one, for a post.
    const isLoggedOut = answer?.status === 403 && answer.error?.startsWith(LOGGED_OUT);
    return answer && !isLoggedOut ? answer : await this.#post(message);
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

  #startFallback(state) {
    this.onState(state);
    this.fetching = setInterval(() => this.#fetchState(), FETCH_INTERVAL);
    this.#fetchState();
  }

  /** Fetch the snapshot and the rundown, and pass them on like frames. */
  async #fetchState() {
    if (!this.fetching) return;
    const number = (this.fetches += 1);
    try {
      const { status, snapshot, rundown } = await this.#readState();
      if (this.isReplaced) return;
      if (status !== 200) return this.onState(status === 403 ? "forbidden" : "offline");
      if (!this.fetching || number < this.shownFetch) return; // a newer state is shown already
      this.shownFetch = number;
      this.onFrame({ t: "snapshot", ...snapshot });
      this.onFrame({ t: "rundown", ...rundown });
      this.onState("fallback");
    } catch {
      if (this.fetching) this.onState("offline");
    }
  }

  /**
   * Return the desk's state, {status, …}. A log-in ends the sessions and the CSRF token from before
   * it, so take the new token if it was the same user's, and stop if not.
   */
  async #readState() {
    const response = await fetch("state", { signal: AbortSignal.timeout(ANSWER_TIMEOUT) });
    const { status } = response;
    if (!response.ok) return { status };
    const { user, csrfToken, ...state } = await response.json();
    if (user === this.me) this.csrfToken = csrfToken;
    else this.#stop();
    return { status, ...state };
  }

  /**
   * Check that the socket is of this page's user: it has the session of the moment at which it was
   * opened. Until then commands are posted, with the token of this user.
   */
  async #checkUser() {
    if (this.isChecking) return;
    this.isChecking = true;
    const { socket } = this;
    try {
      const { status } = await this.#readState();
      this.isOwn = status === 200 && !this.isReplaced && this.socket === socket;
      if (this.isOwn) this.onState("connected");
    } catch {
      // again with the next frame
    } finally {
      this.isChecking = false;
    }
  }

  /** End the connection for good: commands from here would be in another user's name. */
  #stop() {
    this.isReplaced = true;
    clearInterval(this.fetching);
    clearTimeout(this.reconnecting);
    clearTimeout(this.silenceTimeout);
    this.fetching = null;
    this.socket.onclose = this.socket.onmessage = null;
    this.socket.close();
    this.onState("replaced");
  }

  #sendBySocket(message) {
    return new Promise((resolve, reject) => {
      const isUsable = this.isOwn && this.socket?.readyState === WebSocket.OPEN;
      if (!isUsable) return reject(new Error("no socket"));
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
    let response = await this.#fetchCommand(message);
    if (isCsrfFailure(response)) {
      await this.#readState(); // for the token of a new log-in; the old socket may be open still
      if (!this.isReplaced) response = await this.#fetchCommand(message);
    }
    if (this.isReplaced) return { status: 403, error: REPLACED };
    if (isCsrfFailure(response)) return { status: 403, error: CSRF_FAILED };
    const answer = await response.json().catch(() => null); // of a proxy, say
    const isAnswer = answer && (response.status < 500 || response.status === 503);
    if (!isAnswer) throw new Error("server error: done or not is unknown");
    await this.#fetchState(); // as on the socket, the outcome is shown before the answer
    return { status: response.status, ...answer };
  }

  #fetchCommand(message) {
    return fetch("command", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": this.csrfToken },
      body: JSON.stringify(message),
      signal: AbortSignal.timeout(2 * ANSWER_TIMEOUT),
    });
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
    if (this.isOwn) this.onState("connected");
    else this.#checkUser();
    this.onFrame(frame);
  }
}

/** Return whether Django rejected the CSRF token, which it does with an HTML page. */
function isCsrfFailure({ status, headers }) {
  return status === 403 && !headers.get("Content-Type")?.startsWith("application/json");
}
