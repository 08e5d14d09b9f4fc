// Commands to the server, and a message about the outcome of each.

import { newId } from "./connection.js";
import { PENDING } from "./notices.js";

// Commands that carry an idempotency key, and kinds of change that get a new one each time: the
// server rejects a second start, hold, resume or end, and a later one is meant.
const WITH_CLIENT_ID = ["take", "take_cue", "confirm", "undo_view", "prepare"];
const PHASE_KINDS = ["start", "hold", "resume", "end"];

export class Commands {
  /** `unanswered` is the LocalStore for the command that has no answer yet. */
  constructor(connection, unanswered, messages) {
    this.connection = connection;
    this.unanswered = unanswered;
    this.messages = messages;
    this.pending = new Set(); // commands that have no answer yet, as {name, cue}
  }

  /** Return whether the next take may be pressed. If not, show why. */
  checkIdle() {
    const isIdle = !this.pending.size;
    if (!isIdle) this.messages.showAnswer("Wait: the last command has not been answered yet.");
    return isIdle;
  }

  /**
   * Send a command and show its outcome. Resolves to the server's answer if the command was done
   * or waits for approval, else to null. `doneText(answer)` is shown when it was done;
   * `rejectedText` precedes the server's error.
   */
  async run(name, more, doneText, rejectedText = "Not done.") {
    const pending = { name, cue: more.cue };
    this.pending.add(pending);
    this.messages.showAnswer(PENDING);
    try {
      const hasClientId = WITH_CLIENT_ID.includes(name);
      const key = hasClientId && { client_id: this.#clientId(name, more) };
      const answer = await this.connection.command(name, { ...more, ...key });
      const { status, field, error, waiting, seq, cue } = answer;
      // 503: the database failed, and whether before or after it was stored is not known for sure.
      if (hasClientId && status !== 503) this.unanswered.save(null);
      if (status >= 400) {
        this.messages.showAnswer(`${rejectedText} ${field ? `${field}: ` : ""}${error}`, true);
        return null;
      }
      const text = status === 202 ? `Not on air yet. ${waiting}` : doneText(answer);
      this.messages.showAnswer(text, false, { seq, cue: status === 202 ? cue : undefined });
      return answer;
    } catch {
      this.messages.showAnswer(
        "Not known whether that was done: the server did not answer. Check the log, then press " +
          "again: the same take goes out only once.",
        true,
      );
      return null;
    } finally {
      this.pending.delete(pending);
    }
  }

  /** Return the key for a command: the same one, even after a reload, until it was answered. */
  #clientId(name, more) {
    if (PHASE_KINDS.includes(more.change?.kind)) return newId();
    const command = JSON.stringify([name, more]);
    const earlier = this.unanswered.load(null);
    if (earlier?.command === command) return earlier.id;
    const id = newId();
    this.unanswered.save({ command, id });
    return id;
  }
}
