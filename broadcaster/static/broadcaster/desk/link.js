// The console's line to the server: a socket that tells what happens and takes commands, and a
// form post for when the socket is down.

const PATIENCE = 5000; // milliseconds to wait for the socket's answer to a take
const SILENCE = 10000; // milliseconds
const LONGEST_WAIT = 10000; // milliseconds between two attempts to connect
const FINAL = [4003, 4044]; // not allowed here; no such broadcast

export class Link {
  /** `onFrame` gets every frame; `onState` gets "open", "lost" or "forbidden". */
  constructor(csrf, onFrame, onState) {
    this.csrf = csrf;
    this.onFrame = onFrame;
    this.onState = onState;
    this.answers = new Map(); // by id: who waits for it
    this.failures = 0;
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
      if (FINAL.includes(code)) return this.onState("forbidden");
      this.onState("lost");
      const wait = Math.min(500 * 2 ** this.failures, LONGEST_WAIT) * (0.5 + Math.random() / 2);
      this.failures += 1;
      setTimeout(() => this.connect(), wait);
    };
  }

  /** Start again from a snapshot. */
  reconnect() {
    this.socket.close();
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

  /**
   * Take a change. Resolves to {status, ...} as the API answers; rejects if nobody answered.
   * Both ways carry one client_id, so a take that went through twice is published once.
   */
  async take(change) {
    const id = Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(16)).join("");
    const command = { command: "take", id, change, client_id: id };
    try {
      return await this.#bySocket(command);
    } catch {
      return await this.#byPost(command);
    }
  }

  #bySocket(command) {
    return new Promise((resolve, reject) => {
      if (this.socket?.readyState !== WebSocket.OPEN) return reject(new Error("no socket"));
      this.answers.set(command.id, resolve);
      setTimeout(() => {
        this.answers.delete(command.id);
        reject(new Error("no answer"));
      }, PATIENCE);
      this.socket.send(JSON.stringify(command));
    });
  }

  async #byPost(command) {
    const response = await fetch("command", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": this.csrf },
      body: JSON.stringify(command),
    });
    const answer = await response.json().catch(() => ({ error: "The server's answer was not JSON." }));
    return { status: response.status, ...answer };
  }

  #receive(frame) {
    this.failures = 0;
    if (frame.t === "answer") {
      this.answers.get(frame.id)?.(frame);
      this.answers.delete(frame.id);
      return;
    }
    this.onState("open");
    this.onFrame(frame);
  }
}
