// Adds to the log of calls that the server rendered (templates/broadcaster/picture/log.html).
// Groups and words are those of call_log.py; tests/vectors/call_log.json holds both to it.

import { mark, result } from "./drawing.js";

const NAMED = 2; // units in an update up to which they are named in full

/** The calls of an update by result: [{status, party, mark, words, units, votes}]. */
export function groups(calls, { votes, candidates }) {
  const found = new Map();
  for (const [unit, call] of Object.entries(calls)) {
    const { status, party = "" } = call;
    const key = `${status} ${party}`;
    if (!found.has(key)) {
      const words = party ? candidates[party] : result(call, candidates);
      found.set(key, { status, party, mark: mark(call), words, units: [], votes: 0 });
    }
    found.get(key).units.push(unit);
    found.get(key).votes += votes[unit];
  }
  return [...found.values()];
}

/** The log that `root` holds. `nameOf(unit)` and `clock(at)` give words, `election` as in draw(). */
export class CallLog {
  constructor(root, election, nameOf, clock) {
    this.list = root.querySelector(".log ol");
    this.election = election;
    this.nameOf = nameOf;
    this.clock = clock;
  }

  /** The units of which a call was corrected. */
  get corrected() {
    return (this.list.dataset.corrected ?? "").split(" ").filter(Boolean);
  }

  /** Put an update on top, if it has calls and is not there yet; strike what it corrects. */
  add(update) {
    const there = this.list.querySelector(`li[data-seq="${update.seq}"]`);
    if (!update.calls || there) return;
    const units = Object.keys(update.calls);
    if (update.kind === "correct") {
      for (const unit of units) this.#strike(update.corrects, unit);
      this.list.dataset.corrected = [...new Set([...this.corrected, ...units])].join(" ");
    }
    const entry = this.#copy("log-entry");
    entry.dataset.seq = update.seq;
    const time = entry.querySelector("time");
    time.dateTime = new Date(update.at).toISOString();
    time.textContent = this.clock(update.at);
    for (const group of groups(update.calls, this.election)) {
      const line = this.#copy("log-group");
      line.dataset.status = group.status;
      line.dataset.party = group.party;
      line.querySelector(".swatch").textContent = group.mark;
      line.querySelector(".words").textContent = group.words;
      line.querySelector(".votes").textContent = group.votes;
      for (const unit of group.units) {
        const place = document.createElement("span");
        place.dataset.logged = unit;
        place.textContent = units.length <= NAMED ? this.nameOf(unit) : unit;
        line.querySelector(".units").append(place, " ");
      }
      entry.querySelector("div").append(line);
    }
    if (update.reason) {
      const reason = document.createElement("p");
      reason.className = "reason";
      reason.lang = "en"; // as in log.html
      reason.textContent = update.reason;
      entry.querySelector("div").append(reason);
    }
    this.list.prepend(entry);
  }

  /** Start again from all updates, oldest first. */
  rebuild(updates) {
    this.list.replaceChildren();
    delete this.list.dataset.corrected;
    for (const update of updates) this.add(update);
  }

  #strike(seq, unit) {
    const place = this.list.querySelector(`li[data-seq="${seq}"] [data-logged="${unit}"]`);
    if (!place || place.hasAttribute("data-struck")) return;
    place.toggleAttribute("data-struck", true);
    place.after(" ", this.#copy("log-chip"));
  }

  #copy(id) {
    return document.getElementById(id).content.firstElementChild.cloneNode(true);
  }
}
