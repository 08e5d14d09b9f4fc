// The log: the published updates, newest first. Corrected calls are struck through, not removed.

import { seqToCorrect } from "../domain/corrections.js";
import { placesOf, racesOf } from "../domain/replica.js";
import { clockTime } from "./clock.js";
import { isDecided } from "./draft.js";
import { summaryParts } from "./summary.js";

export class LogTable {
  /**
   * `initial` has the calls of the map that the broadcast began with. `onCorrect(places)` starts a
   * correction of calls of one update; null for a person who may not correct. A place is
   * "contest/race".
   */
  constructor(body, contests, initial, onCorrect) {
    Object.assign(this, { body, contests, onCorrect });
    this.history = { initial, updates: [] };
    this.rows = new Map(); // seq -> its row
    this.correctable = new Map(); // seq -> races whose calls can be corrected there
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
    cell("summary").replaceChildren(...summaryNodes(summaryParts(update, this.contests)));
    cell("correct").setAttribute("aria-label", `Correct update ${update.seq}`);
    cell("correct").addEventListener("click", () =>
      this.onCorrect(this.correctable.get(update.seq)),
    );
    row.dataset.kind = update.kind;
    row.toggleAttribute("data-counts", isCount(update));
    this.#removeOlderCount(update);
    this.history.updates.push(update);
    this.rows.set(update.seq, row);
    this.body.prepend(row);
    if (update.corrects) this.#strikeCorrected(update);
  }

  /** Offer a correction beside the updates whose calls stand in `state`. */
  showCorrectable(state) {
    this.correctable.clear();
    for (const race of racesOf(state.calls).filter((each) => isDecided(state, each))) {
      const seq = seqToCorrect([race], this.history);
      this.correctable.set(seq, [...(this.correctable.get(seq) ?? []), race.join("/")]);
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

  /** Of counts that follow each other, as a feed sends them, show the newest only. */
  #removeOlderCount(update) {
    const newest = this.body.firstElementChild;
    if (!isCount(update) || !newest?.hasAttribute("data-counts")) return;
    newest.remove();
    this.rows.delete(this.history.updates.at(-1).seq);
  }

  #strikeCorrected({ corrects, calls, seq }) {
    const row = this.rows.get(corrects);
    if (!row) return;
    for (const place of placesOf(calls)) {
      const part = row.querySelector(`[data-called="${place}"]`);
      const struck = document.createElement("s");
      struck.append(part.textContent);
      part.replaceChildren(struck);
    }
    const names = racesOf(calls).map(([, race]) => race);
    const note = row.querySelector('[data-log="corrected"]');
    note.append(`⚑ ${names.join(", ")} corrected by update ${seq}. `);
  }
}

function isCount({ kind, calls, view, story, counts }) {
  return kind === "update" && Boolean(counts) && !calls && !view && !story;
}

function publishers({ by, confirmed_by: second, via }) {
  const names = second ? `${by}, ${second}` : by;
  return via === "schedule" ? `${names} (scheduled)` : names;
}

/** Return a summary's text nodes, with an element for each called race so that it can be struck. */
function summaryNodes(parts) {
  return parts.flatMap(({ key, places, words }, i) => {
    const nodes = places.flatMap((place) => {
      const span = document.createElement("span");
      span.dataset.called = place;
      span.textContent = place.split("/")[1];
      return [span, " "];
    });
    return [i ? ", " : "", key && `${key} `, ...nodes, words];
  });
}
