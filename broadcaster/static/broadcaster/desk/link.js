// The console's connection to the server: a socket for frames and commands. While it is down,
// commands are posted and console/state is fetched every 5 s.

const PATIENCE = 5000; // milliseconds to wait for an answer
const SILENCE = 10000; // milliseconds
const LONGEST_WAIT = 10000; // milliseconds between two attempts to connect
const LOOK = 5000; // milliseconds between looks at the page while the socket is down
const FINAL = [4003, 4044]; // not allowed here; no such broadcast
const STALE = "Somebody logged in here meanwhile: reload the page. The draft stays.";

/** A new name for something that must not happen twice. */
export function newId() {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(16)).join("");
}

export class Link {
  /** `onFrame` gets every frame; `onState` gets "open", "lost", "away" (nothing answers) or
   * "forbidden". */
  constructor(csrf, onFrame, onState) {
    this.csrf = csrf;
    this.onFrame = onFrame;
    this.onState = onState;
    this.answers = new Map(); // by id: who waits for it
    this.failures = 0;
    this.looks = 0; // begun
    this.seen = 0; // the newest of them that was shown
  }

  connect() {
    const url = new URL("ws", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    this.socket = new WebSocket(url);
    this.#expectMore();
    this.socket.onmessage = ({ data }) => {
      this.#expectMore();
      this.#receive(JSON.parse(data));
    };
    this.socket.onclose = ({ code }) => {
      clearTimeout(this.silence);
      for (const { reject } of this.answers.values()) reject(new Error("cut off"));
      if (FINAL.includes(code)) {
        clearInterval(this.looking);
        return this.onState("forbidden");
      }
      if (!this.looking) this.#lose();
      const wait = Math.min(500 * 2 ** this.failures, LONGEST_WAIT) * (0.5 + Math.random() / 2);
      this.failures += 1;
      setTimeout(() => this.connect(), wait);
    };
  }

  /** Start again from a snapshot. */
  reconnect() {
    this.socket.close();
  }

  /**
   * Resolves to {status, ...} as the server answers; rejects if nobody answered. What may not
   * happen twice says so in `more`: by its client_id, its cue or its version.
   */
  async command(name, more) {
    const sent = { command: name, ...more };
    try {
      return await this.#bySocket(sent);
    } catch {
      return await this.#byPost(sent);
    }
  }

  /** The server says something every 3 seconds. A socket that is silent for longer is dead. */
  #expectMore() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.#giveUp(), SILENCE);
  }

  /** A dead socket may take a minute to close: do not wait for it. */
  #giveUp() {
    const { onclose } = this.socket;
    this.socket.onclose = this.socket.onmessage = null;
    this.socket.close();
    onclose({ code: 1006 });
  }

  #lose() {
    this.onState("lost");
    this.looking = setInterval(() => this.look(), LOOK);
    this.look();
  }

  /** While the socket is down: what happened, from the server's console/state. */
  async look() {
    if (!this.looking) return;
    const number = (this.looks += 1);
    try {
      const response = await fetch("state", { signal: AbortSignal.timeout(PATIENCE) });
      if (!response.ok) return this.onState(response.status === 403 ? "forbidden" : "away");
      const { snapshot, rundown } = await response.json();
      if (!this.looking || number < this.seen) return; // a newer one was faster
      this.seen = number;
      this.onFrame({ t: "snapshot", ...snapshot });
      this.onFrame({ t: "rundown", ...rundown });
      this.onState("lost");
    } catch {
      if (this.looking) this.onState("away");
    }
  }

  #bySocket(sent) {
    return new Promise((resolve, reject) => {
      if (this.socket?.readyState !== WebSocket.OPEN) return reject(new Error("no socket"));
      const id = newId();
      this.answers.set(id, { resolve, reject });
      setTimeout(() => {
        this.answers.delete(id);
        reject(new Error("no answer"));
      }, PATIENCE);
      this.socket.send(JSON.stringify({ ...sent, id }));
    });
  }

  async #byPost(sent) {
    const response = await fetch("command", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": this.csrf },
      body: JSON.stringify(sent),
      signal: AbortSignal.timeout(2 * PATIENCE),
    });
    const answer = await response.json().catch(() => ({ error: STALE })); // Django's page on CSRF
    if (response.status >= 500) throw new Error("the server broke"); // done or not: not known
    await this.look(); // as on a socket: what was done is shown before it is called done
    return { status: response.status, ...answer };
  }

  #receive(frame) {
    this.failures = 0;
    clearInterval(this.looking);
    this.looking = null;
    if (frame.t === "answer") {
      this.answers.get(frame.id)?.resolve(frame);
      this.answers.delete(frame.id);
      return;
    }
    this.onState("open");
    this.onFrame(frame);
  }
}
