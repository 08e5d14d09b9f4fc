// Commands to the server, and in words what became of each of them.

import { newId } from "./link.js";

const ONCE = ["take", "take_cue", "confirm", "undo_view", "prepare"]; // what carries a client_id
const SHOW = ["start", "hold", "resume", "end"]; // twice is refused; later on it is another one

export class Commands {
  /** `ticket` is a Memory; `say(words, bad)` tells people. */
  constructor(link, ticket, say) {
    this.link = link;
    this.ticket = ticket;
    this.say = say;
    this.open = 0; // commands that are not answered yet
  }

  /** Whether a take may be pressed now; says so if an answer is still missing. */
  ready() {
    if (this.open) this.say("Wait: what was pressed before is not answered yet.");
    return !this.open;
  }

  /**
   * Resolves to the server's answer if it did what was asked, else to null; both are said.
   * `done` has the words for when it was done, `not` begins those for when it was refused.
   */
  async run(name, more, done, not = "Not done.") {
    this.open += 1;
    this.say("…");
    try {
      const once = ONCE.includes(name) && { client_id: this.#clientId(name, more) };
      const answer = await this.link.command(name, { ...more, ...once });
      if (once) this.ticket.save(null);
      const { status, field, error, waiting } = answer;
      if (status >= 400) {
        this.say(`${not} ${field ? `${field}: ` : ""}${error}`, true);
        return null;
      }
      this.say(status === 202 ? `Not on air yet. ${waiting}` : done(answer));
      return answer;
    } catch {
      this.say(
        "Not known whether that was done: the server does not answer. Look at the log, " +
          "then press again: the same take goes out only once.",
        true,
      );
      return null;
    } finally {
      this.open -= 1;
    }
  }

  /** The same for the same command until it was answered, across reloads. */
  #clientId(name, more) {
    if (SHOW.includes(more.change?.kind)) return newId();
    const what = JSON.stringify([name, more]);
    const open = this.ticket.load(null);
    if (open?.what === what) return open.id;
    const id = newId();
    this.ticket.save({ what, id });
    return id;
  }
}
