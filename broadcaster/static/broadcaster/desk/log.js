// The log: what was published, newest first; what was corrected is struck, not gone.

import { decided, parts, seqOfCalls } from "./draft.js";
import { clock } from "./rundown.js";

export class Log {
  /** `onCorrect(units)` is asked for a correction of the calls of one update. */
  constructor(body, mayCorrect, onCorrect) {
    this.body = body;
    this.mayCorrect = mayCorrect;
    this.onCorrect = onCorrect;
    this.updates = []; // oldest first
    this.rows = new Map(); // seq -> its row
  }

  restart(updates) {
    this.updates = [];
    this.rows.clear();
    this.body.replaceChildren();
    for (const update of updates) this.add(update);
  }

  add(update) {
    const row = document.getElementById("log-row").content.cloneNode(true).firstElementChild;
    const at = (name) => row.querySelector(`[data-log="${name}"]`);
    at("seq").textContent = update.seq;
    at("time").textContent = clock(update.at);
    at("by").textContent = who(update);
    at("headline").textContent = update.story?.headline ?? "";
    at("reason").textContent = update.reason ? `Reason: ${update.reason}` : "";
    at("what").replaceChildren(...spans(parts(update)));
    at("correct").setAttribute("aria-label", `Correct update ${update.seq}`);
    at("correct").addEventListener("click", () => this.onCorrect(this.#standing(update)));
    row.dataset.kind = update.kind;
    this.updates.push(update);
    this.rows.set(update.seq, row);
    this.body.prepend(row);
    if (update.corrects) this.#strike(update);
  }

  /** Which updates have calls that still stand, and so can be corrected. */
  show(state) {
    this.state = state;
    for (const update of this.updates) {
      const button = this.rows.get(update.seq).querySelector('[data-log="correct"]');
      button.hidden = !this.mayCorrect || !this.#standing(update).length;
    }
  }

  reached(seq, words) {
    const cell = this.rows.get(seq)?.querySelector('[data-log="reached"]');
    if (cell) cell.textContent = words;
  }

  #standing(update) {
    return Object.keys(update.calls ?? {}).filter(
      (unit) => decided(this.state, unit) && seqOfCalls([unit], this.updates) === update.seq,
    );
  }

  #strike({ corrects, calls, seq }) {
    const row = this.rows.get(corrects);
    if (!row) return;
    for (const unit of Object.keys(calls)) {
      const part = row.querySelector(`[data-called="${unit}"]`);
      const struck = document.createElement("s");
      struck.append(part.textContent);
      part.replaceChildren(struck);
    }
    const note = row.querySelector('[data-log="corrected"]');
    note.append(`⚑ ${Object.keys(calls).join(", ")} corrected by update ${seq}. `);
  }
}

function who({ by, confirmed_by: second, via }) {
  const automatic = via === "schedule" ? " (scheduled)" : "";
  return second ? `${by}, ${second}${automatic}` : by + automatic;
}

/** Text, with an element of its own for each unit that was called. */
function spans(list) {
  return list.flatMap(({ units, words }, i) => {
    const called = units.map((unit) => {
      const span = document.createElement("span");
      span.textContent = span.dataset.called = unit;
      return span;
    });
    return [i ? ", " : "", ...called.flatMap((span) => [span, " "]), words];
  });
}
