// What is left before a broadcast ends: races that are not called, cues that were not taken. Pure: no
// DOM, no network.

import { isolate } from "../domain/bidi.js";
import { isDecided } from "./draft.js";
import { cueStatus } from "./rundown.js";

const MAX_RACES = 12; // races of a contest, and cues, that are named
const MAX_CUES = 8;
const STATUS_WORDS = { waiting: " (waits for approval)", scheduled: " (scheduled)", ready: "" };

/** Return the races of a contest that nobody has won, those with most weight first. */
export function uncalled(state, key, { races }) {
  const left = Object.keys(races).filter((race) => !isDecided(state, [key, race]));
  return left.sort((one, other) => races[other].weight - races[one].weight);
}

/** Return [{title, items}]: what is not called and not taken, in words; without what is complete. */
export function unfinished(state, contests, cues) {
  const isSeveral = Object.keys(contests).length > 1;
  const races = Object.entries(contests).flatMap(([key, contest]) => {
    const left = uncalled(state, key, contest);
    if (!left.length) return [];
    const named = left.map((race) =>
      contest.isWeighted ? `${race} ${contest.races[race].weight}` : race,
    );
    const count = `${left.length} of ${Object.keys(contest.races).length}`;
    return [`${isSeveral ? `${key}: ` : ""}${count}: ${someOf(named, MAX_RACES)}`];
  });
  const waiting = cues.filter((cue) => !cue.taken);
  const titles = waiting.map((cue) => isolate(cue.title) + STATUS_WORDS[cueStatus(cue)]);
  const facts = [
    { title: "Not called", items: races },
    { title: "Not taken", items: titles.length ? [someOf(titles, MAX_CUES)] : [] },
  ];
  return facts.filter(({ items }) => items.length);
}

function someOf(names, most) {
  const rest = names.length - most;
  return names.slice(0, most).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}
