// The two-person rule, as far as the desk can apply it. Pure: no DOM, no network.
// The server decides, with the same rule in domain/rules.py.

import { racesOf } from "../domain/replica.js";
import { isDecided } from "./draft.js";

/**
 * Return why `change` needs the approval of another person, or "" if it needs none. `rule` is the
 * broadcast's: "never", "calls" or "wins". `before` and `after` are the states around the change.
 */
export function approvalReason(rule, contests, before, after, change) {
  if (rule === "calls") {
    const decides = racesOf(change.calls).some((race) => isDecided(change, race));
    return decides ? "every call does" : "";
  }
  if (rule !== "wins") return "";
  const winner = (contest, key, { calls }) => contest.winner(contest.totals(calls[key]));
  const won = Object.entries(contests).find(([key, contest]) => {
    const party = winner(contest, key, after);
    return party && party !== winner(contest, key, before);
  });
  return won ? `it decides ${won[1].title}` : "";
}
