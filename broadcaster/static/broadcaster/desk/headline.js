// The headline of calls that have none yet. Pure: no DOM, no network.
// domain/summary.py writes the same for feeds; both are tested with tests/vectors/headlines.json.

import { DECIDED } from "./draft.js";

const MAX_HEADLINE = 200; // characters
export const STATUS_WORDS = {
  too_early: "too early to call",
  too_close: "too close to call",
  open: "not called",
  retracted: "call withdrawn",
};

/** Return a headline for calls by contest and race: "Ohio goes to Trump: 18 electoral votes". */
export function headlineFor(calls, contests) {
  const isSeveral = Object.keys(contests).length > 1;
  const parts = Object.entries(calls).map(([key, ofContest]) => {
    const words = capital(headlineOf(ofContest, contests[key]));
    return isSeveral ? `${words} (${contests[key].title})` : words;
  });
  const headline = parts.join(". ");
  if ([...headline].length <= MAX_HEADLINE) return headline;
  return `${Object.values(calls).flatMap(Object.keys).length} races: news`;
}

function headlineOf(calls, contest) {
  const nameOf = (race) => contest.races[race].name;
  const entries = Object.entries(calls);
  if (entries.length === 1) {
    const [[race, { status, party }]] = entries;
    if (!DECIDED.includes(status)) return `${nameOf(race)}: ${STATUS_WORDS[status]}`;
    const { weight } = contest.races[race];
    const worth = weight > 1 ? `: ${weight} ${contest.counting}` : "";
    return `${nameOf(race)} goes to ${contest.nameOf(party, race)}${worth}`;
  }
  const won = new Map();
  for (const [race, { status, party }] of entries) {
    if (!DECIDED.includes(status)) continue;
    const winner = contest.nameOf(party, race);
    won.set(winner, [...(won.get(winner) ?? []), nameOf(race)]);
  }
  const parts = [...won].map(([winner, races]) => `${winner} wins ${listed(races)}`);
  for (const status of ["too_early", "too_close", "open"]) {
    const left = entries.filter(([, call]) => call.status === status).map(([race]) => nameOf(race));
    if (left.length) parts.push(`${STATUS_WORDS[status]}: ${listed(left)}`);
  }
  return parts.join("; ");
}

/** Return "A", "A and B", or "A, B and C". */
export function listed(names) {
  const others = names.slice(0, -1);
  return others.length ? `${others.join(", ")} and ${names.at(-1)}` : names[0];
}

export function capital(words) {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
