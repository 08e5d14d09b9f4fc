// The two-person rule, as far as the desk can apply it. Pure: no DOM, no network.
// The server decides, with the same rule in domain/rules.py.

import { racesOf } from "../domain/replica.js";
import { isDecided } from "./draft.js";

export const LOOK_FIRST = "Look at it in Preview first.";

/**
 * Return what a look at `cue` is at: one version of one take that waits. It differs once the cue was
 * edited or taken again. Null if the cue does not wait.
 */
export function lookOf(cue) {
  return cue?.asked ? `${cue.id} ${cue.version} ${cue.asked.at}` : null;
}

/** Return whether `cue` waits and `look`, from `lookOf`, was at what waits now. */
export function wasLookedAt(cue, look) {
  return look !== null && lookOf(cue) === look;
}

/** Show on a *Confirm* button whether the take was looked at. If not, a press says why. */
export function showConfirm(button, isLookedAt) {
  button.setAttribute("aria-disabled", !isLookedAt);
  button.title = isLookedAt ? "" : LOOK_FIRST;
}

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
