// The banner of a take that waits for approval, and the title of the browser's tab meanwhile.

import { isolate } from "../domain/bidi.js";
import { lookOf, showConfirm, wasLookedAt } from "./approval.js";
import { allowedCommands } from "./rundown.js";
import { hereText } from "./show_status.js";
import { afterText, summarize } from "./summary.js";

export class ApprovalBanner {
  /**
   * `onAction(name, cue)` is called with "look", "confirm" or "decline", and `onAsked()` when
   * another take begins to wait for this person.
   */
  constructor(element, contests, may, me, onAction, onAsked) {
    Object.assign(this, { element, contests, may, me, onAsked });
    this.cue = null; // the one that waits longest, or null
    this.asked = []; // the takes that wait for this person: see lookOf
    this.title = document.title;
    for (const name of ["look", "confirm", "decline"]) {
      this.#part(name).addEventListener("click", () => this.cue && onAction(name, this.cue));
    }
  }

  /**
   * Show the cue that waits longest. `look` is what is in Preview: see lookOf. `confirmers` are the
   * names of the others at this desk who may confirm takes; null if they are not known.
   */
  show(cues, look, confirmers) {
    const waiting = cues.filter(({ asked }) => asked).sort((a, b) => a.asked.at - b.asked.at);
    this.cue = waiting[0] ?? null;
    const before = this.asked;
    const isForMe = (cue) => allowedCommands(cue, this.may, this.me).confirm;
    this.asked = waiting.filter(isForMe).map(lookOf);
    if (this.asked.some((take) => !before.includes(take))) this.onAsked();
    this.element.hidden = !this.cue;
    this.showTime();
    if (!this.cue) return;
    const { cue, me } = this;
    const { confirm, decline } = allowedCommands(cue, this.may, me);
    const isMine = cue.asked.by === me;
    const others = waiting.length > 1 ? ` ${waiting.length - 1} more wait.` : "";
    const title = `“${isolate(cue.title)}”`;
    this.#write(
      "words",
      isMine
        ? `${title} waits for another person to confirm it. ${confirmersText(confirmers)}${others}`
        : `${cue.asked.by} took ${title}. It waits for ${confirm ? "you to confirm it" : "approval"}.${others}`,
    );
    const facts = [summarize(cue.change, this.contests), afterText(cue, this.contests)];
    this.#write("summary", facts.filter(Boolean).join(" · "));
    this.#write("decline", isMine ? "Withdraw" : "Decline");
    this.#part("confirm").hidden = !confirm;
    showConfirm(this.#part("confirm"), wasLookedAt(cue, look));
    this.#part("decline").hidden = !decline;
  }

  /** Change the tab's title every second while this person can confirm a take. */
  showTime() {
    const isAsked = this.cue && allowedCommands(this.cue, this.may, this.me).confirm;
    const isMarked = isAsked && document.title === this.title;
    document.title = isMarked ? `⚠ CONFIRM: ${isolate(this.cue.title)}` : this.title;
  }

  #part(name) {
    return this.element.querySelector(`[data-approval="${name}"]`);
  }

  #write(name, text) {
    if (this.#part(name).textContent !== text) this.#part(name).textContent = text;
  }
}

/** Return who of those at the desk may confirm; "" if it is not known. */
function confirmersText(names) {
  if (names === null) return "";
  return names.length ? `${hereText(names)} and may.` : "Nobody here may.";
}
