// The two-person rule, as far as the desk can apply it. Pure: no DOM, no network.
// The server decides, with the same rule in domain/rules.py.

import { totals } from "../domain/replica.js";
import { DECIDED } from "./draft.js";

const VOTES_TO_WIN = 270;

/**
 * Return why `change` needs the approval of another person, or "" if it needs none. `rule` is the
 * broadcast's: "never", "calls" or "270". `before` and `after` are the states around the change.
 */
export function approvalReason(rule, votes, before, after, change) {
  const calls = Object.values(change.calls ?? {});
  const decides = calls.some(({ status }) => DECIDED.includes(status));
  if (rule === "calls") return decides ? "every call does" : "";
  if (rule !== "270") return "";
  const [was, is] = [totals(votes, before.calls), totals(votes, after.calls)];
  const crosses = Object.keys(is).some(
    (party) => party !== "uncalled" && is[party] >= VOTES_TO_WIN && !(was[party] >= VOTES_TO_WIN),
  );
  return crosses ? "it crosses 270" : "";
}
