// The log of calls, newest first: adds entries to those that the server rendered. Groups and texts are
// those of call_log.py; tests/vectors/call_log.json pins both.

import { placesOf } from "../domain/replica.js";
import { gettext } from "../domain/translation.js";
import { copy, mark, result } from "./drawing.js";

const MAX_NAMED = 12; // races up to which a group of the log names all
const FIRST_NAMED = 4; // races that a larger group names

/**
 * Group the calls of an update by contest and result:
 * [{contest, status, party, mark, words, races, size, former}]. `size` is that in words, "" for a
 * group that names all its races. `former` has the parties by "contest/race" from which a correction
 * takes them; the races of a group had the same one, or "".
 */
export function groups(calls, contests, former = {}) {
  return Object.entries(calls).flatMap(([key, races]) => {
    const contest = contests[key];
    const found = new Map();
    for (const [race, call] of Object.entries(races)) {
      const { status, party = "" } = call;
      const before = former[`${key}/${race}`] ?? "";
      const id = `${status} ${party} ${before}`;
      const head = { contest: key, status, party, mark: mark(call, contest), words: "" };
      if (!found.has(id)) found.set(id, { ...head, races: [], size: "", former: before });
      found.get(id).races.push(race);
    }
    for (const group of found.values()) {
      const { status, party, races } = group;
      const named = races.length === 1 ? races[0] : "";
      group.words = party ? contest.nameOf(party, named) : result({ status }, contest);
      if (races.length > MAX_NAMED) group.size = sizeWords(races, contest);
    }
    return [...found.values()];
  });
}

/** Return how many races these are, and what they weigh together: "13 races, 120 in all:". */
function sizeWords(races, contest) {
  const count = races.length;
  if (!contest.isWeighted) return gettext("%(count)s races:", { count });
  const weight = races.reduce((sum, race) => sum + contest.races[race].weight, 0);
  return gettext("%(count)s races, %(weight)s in all:", { count, weight });
}

/** The log of calls in `root`. `clock(at)` returns text. */
export class CallLog {
  constructor(root, contests, clock) {
    this.list = root.querySelector(".log ol");
    this.contests = contests;
    this.clock = clock;
  }

  /** The races that have a corrected call, as "contest/race". */
  get corrected() {
    return (this.list.dataset.corrected ?? "").split(" ").filter(Boolean);
  }

  /** Add an update at the top, if it has calls and is not in the log; strike what it corrects. */
  add(update) {
    const known = this.list.querySelector(`li[data-seq="${update.seq}"]`);
    if (!update.calls || known) return;
    const places = placesOf(update.calls);
    const former = {};
    if (update.kind === "correct") {
      for (const place of places) former[place] = this.#strike(place, update.calls);
      this.list.dataset.corrected = [...new Set([...this.corrected, ...places])].join(" ");
    }
    const entry = copy("log-entry");
    entry.dataset.seq = update.seq;
    const time = entry.querySelector("time");
    time.dateTime = new Date(update.at).toISOString();
    time.textContent = this.clock(update.at);
    groups(update.calls, this.contests, former).forEach((group, index, all) => {
      const isTitled = group.contest !== all[index - 1]?.contest;
      entry.querySelector("div").append(this.#line(group, isTitled));
    });
    if (update.reason) {
      const reason = document.createElement("p");
      reason.className = "reason";
      reason.lang = "en"; // as in log.html
      reason.dir = "auto";
      reason.textContent = update.reason;
      entry.querySelector("div").append(reason);
    }
    this.list.prepend(entry);
  }

  /** Replace all entries with those of `updates`, oldest first. */
  rebuild(updates) {
    this.list.replaceChildren();
    delete this.list.dataset.corrected;
    for (const update of updates) this.add(update);
  }

  /** Return a group's line, with the contest's title if asked for. Among many races, it names few. */
  #line(group, isTitled) {
    const contest = this.contests[group.contest];
    const line = copy("log-group");
    line.dataset.status = group.status;
    line.dataset.party = group.party;
    line.dataset.look = contest.partyOf[group.party]?.look ?? "";
    const several = Object.keys(this.contests).length > 1;
    const texts = {
      title: several && isTitled ? contest.title : "",
      mark: group.mark,
      words: group.words,
      size: group.size,
    };
    for (const part of line.querySelectorAll("[data-log]")) {
      part.textContent = texts[part.dataset.log];
    }
    for (const [number, race] of group.races.entries()) {
      const place = document.createElement("span");
      place.dataset.logged = `${group.contest}/${race}`;
      place.toggleAttribute("data-folded", group.size && number >= FIRST_NAMED);
      const { name, weight } = contest.races[race];
      place.textContent = contest.isWeighted ? `${name} ${weight}` : name;
      line.querySelector(".units").append(place, " ");
    }
    if (group.former) line.append(" ", this.#former(group));
    return line;
  }

  /** Return the winner that a correction takes back, struck. */
  #former({ contest: key, races, former }) {
    const contest = this.contests[key];
    const { look, letter } = contest.partyOf[former];
    const struck = copy("log-former");
    Object.assign(struck.dataset, { party: former, look });
    struck.querySelector(".swatch").textContent = letter;
    struck.append(contest.nameOf(former, races.length === 1 ? races[0] : ""));
    return struck;
  }

  /**
   * Strike the call of a race, and write the result of the correction beside it: in its newest entry,
   * and in those before it for the same party. `calls` are those of the correction. Return the party
   * that was struck, "" if there is none.
   */
  #strike(place, calls) {
    const [key, race] = place.split("/");
    let party;
    for (const logged of this.list.querySelectorAll(`[data-logged="${place}"]`)) {
      const line = logged.closest("[data-party]");
      party ??= line.dataset.party;
      if (!party || line.dataset.party !== party) break;
      if (logged.hasAttribute("data-struck")) continue;
      logged.toggleAttribute("data-struck", true);
      const instead = document.createElement("span");
      instead.textContent = result(calls[key][race], this.contests[key], race);
      logged.after(" ", copy("log-chip"), " ", instead);
    }
    return party ?? "";
  }
}
