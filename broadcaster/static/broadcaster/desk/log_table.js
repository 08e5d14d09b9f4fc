// The log: the published updates, newest first. Corrected calls are struck through, not removed.

import { seqToCorrect } from "../domain/corrections.js";
import { clockTime } from "./clock.js";
import { isDecided } from "./draft.js";
import { summaryParts } from "./summary.js";

export class LogTable {
  /**
   * `initial` has the calls of the map that the broadcast began with. `onCorrect(units)` starts a
   * correction of calls of one update; null for a person who may not correct.
   */
  constructor(body, initial, onCorrect) {
    this.body = body;
    this.onCorrect = onCorrect;
    this.history = { initial, updates: [] };
    this.rows = new Map(); // seq -> its row
    this.correctable = new Map(); // seq -> units whose calls can be corrected there
  }

  restart(updates) {
    this.history.updates = [];
    this.rows.clear();
    this.body.replaceChildren();
    for (const update of updates) this.add(update);
  }

  add(update) {
    const row = document.getElementById("log-row").content.cloneNode(true).firstElementChild;
    const cell = (name) => row.querySelector(`[data-log="${name}"]`);
    cell("seq").textContent = update.seq;
    cell("time").textContent = clockTime(update.at);
    cell("by").textContent = publishers(update);
    cell("headline").textContent = update.story?.headline ?? "";
    cell("reason").textContent = update.reason ? `Reason: ${update.reason}` : "";
    cell("summary").replaceChildren(...summaryNodes(summaryParts(update)));
    cell("correct").setAttribute("aria-label", `Correct update ${update.seq}`);
    cell("correct").addEventListener("click", () =>
      this.onCorrect(this.correctable.get(update.seq)),
    );
    row.dataset.kind = update.kind;
    this.history.updates.push(update);
    this.rows.set(update.seq, row);
    this.body.prepend(row);
    if (update.corrects) this.#strikeCorrected(update);
  }

  /** Offer a correction beside the updates whose calls stand in `state`. */
  showCorrectable(state) {
    this.correctable.clear();
    for (const unit of Object.keys(state.calls).filter((each) => isDecided(state, each))) {
      const seq = seqToCorrect([unit], this.history);
      this.correctable.set(seq, [...(this.correctable.get(seq) ?? []), unit]);
    }
    for (const [seq, row] of this.rows) {
      const button = row.querySelector('[data-log="correct"]');
      button.hidden = !this.onCorrect || !this.correctable.has(seq);
    }
  }

  /** Show how many viewers update `seq` reached. */
  showReached(seq, text) {
    const cell = this.rows.get(seq)?.querySelector('[data-log="reached"]');
    if (cell) cell.textContent = text;
  }

  #strikeCorrected({ corrects, calls, seq }) {
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

function publishers({ by, confirmed_by: second, via }) {
  const names = second ? `${by}, ${second}` : by;
  return via === "schedule" ? `${names} (scheduled)` : names;
}

/** Return a summary's text nodes, with an element for each called unit so that it can be struck. */
function summaryNodes(parts) {
  return parts.flatMap(({ units, words }, i) => {
    const unitNodes = units.flatMap((unit) => {
      const span = document.createElement("span");
      span.textContent = span.dataset.called = unit;
      return [span, " "];
    });
    return [i ? ", " : "", ...unitNodes, words];
  });
}
