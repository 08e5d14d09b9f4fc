// When polls close, for the calls of a change. Pure: no DOM, no network.

import { racesOf } from "../domain/replica.js";
import { clockTime } from "./clock.js";
import { isDecided } from "./draft.js";

/** Return when the last polls of the races that a change calls close; undefined if not known. */
export function pollsClose({ calls }, contests) {
  const times = racesOf(calls).map(([key, race]) => contests[key].races[race].closes);
  const known = times.filter((time) => time !== undefined);
  return known.length ? Math.max(...known) : undefined;
}

/** Return a warning if a change decides races whose polls are open at the time `now`, or "". */
export function openPollsWarning(change, contests, now) {
  const open = racesOf(change.calls).filter(
    ([key, race]) => isDecided(change, [key, race]) && contests[key].races[race].closes > now,
  );
  if (!open.length) return "";
  const [[key, race]] = open;
  const { name, closes } = contests[key].races[race];
  const others = open.length > 1 ? ` and ${open.length - 1} more` : "";
  return `Polls are open in ${name}${others}, until ${clockTime(closes)}.`;
}
