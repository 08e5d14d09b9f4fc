// Calls of a change that stand already. The server leaves them out, and rejects an update that has
// no other calls: domain/rules.py has the same rule. Pure: no DOM, no network.

import { placesOf, racesOf } from "../domain/replica.js";
import { clockTime } from "./clock.js";

const OPEN = { status: "open" };

/** Return `change` without the calls that stand in `state` already; itself if there are none. */
export function news(state, change) {
  if (change.kind === "correct") return change;
  const races = racesOf(change.calls);
  const isNew = ([contest, race]) =>
    !isSame(state.calls[contest]?.[race] ?? OPEN, change.calls[contest][race]);
  const fresh = races.filter(isNew);
  if (fresh.length === races.length) return change;
  const { calls, ...others } = change;
  const left = {};
  for (const [contest, race] of fresh) {
    left[contest] = { ...left[contest], [race]: calls[contest][race] };
  }
  return fresh.length ? { ...others, calls: left } : others;
}

/** Return whether all calls of a change stand already, so that the server would reject it. */
export function isNothingNew(state, change) {
  return Boolean(change.calls) && !news(state, change).calls;
}

/**
 * Return which calls of a change stand already, since when, and what is left, or "".
 * `updates` are those of the log, oldest first.
 */
export function standingNote(state, change, updates) {
  const left = placesOf(news(state, change).calls);
  const standing = racesOf(change.calls).filter((race) => !left.includes(race.join("/")));
  if (!standing.length) return "";
  const parts = standing.map(([contest, race]) => {
    const { status, party } = change.calls[contest][race];
    const update = updates.findLast(({ calls }) => calls?.[contest]?.[race]);
    const since = update ? ` at ${clockTime(update.at)}, update ${update.seq}` : "";
    return `${race} ${party ? `was called ${party}` : `is ${status.replace("_", " ")}`}${since}`;
  });
  const names = left.map((place) => place.split("/")[1]).join(" ");
  const rest = names ? `Only ${names} would go out: check the headline.` : "Nothing in it is new.";
  return `Already on air: ${parts.join("; ")}. ${rest}`;
}

function isSame(one, other) {
  return one.status === other.status && one.party === other.party;
}
