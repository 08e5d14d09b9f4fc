// What somebody has prepared and nobody has taken yet. Pure: no DOM, no network.
// A draft is {title, calls: {unit: choice}, headline, body, announce, annotations, focus,
// highlight, reason}: what the form holds.

import { totals } from "../domain/replica.js";

const DECIDED = ["called", "certified"];
const TO_WIN = 270;
const KINDS = { correct: "correction" };

export const EMPTY = Object.freeze({
  title: "",
  calls: {},
  headline: "",
  body: "",
  announce: "polite",
  annotations: [],
  focus: "",
  highlight: [],
  reason: "",
});

/** The choices for a unit: a name for the form's value, and the call it makes. */
export const CHOICES = {
  "called-D": { status: "called", party: "D" },
  "called-R": { status: "called", party: "R" },
  "called-O": { status: "called", party: "O" },
  too_close: { status: "too_close" },
  too_early: { status: "too_early" },
  open: { status: "open" },
  retracted: { status: "retracted" },
  "certified-D": { status: "certified", party: "D" },
  "certified-R": { status: "certified", party: "R" },
  "certified-O": { status: "certified", party: "O" },
};

/** Whether viewers see this unit as won by somebody. */
export function decided(state, unit) {
  return DECIDED.includes(state.calls[unit]?.status);
}

/** Whether giving `unit` this call takes back one that viewers have seen. */
export function corrects(state, unit, call) {
  return decided(state, unit) && call.party !== state.calls[unit].party;
}

/** Whether nothing would be lost by clearing it. */
export function isEmpty(draft) {
  const { calls, headline, body, focus, reason, title } = draft;
  return !Object.keys(calls).length && ![headline, body, focus, reason, title].some(Boolean);
}

/** What the draft would change as far as it goes, complete or not: for the preview. */
export function sketch(draft) {
  const change = { kind: "update" };
  const calls = Object.entries(draft.calls).filter(([, choice]) => CHOICES[choice]);
  const [headline, body] = [draft.headline.trim(), draft.body.trim()];
  if (calls.length) {
    change.calls = Object.fromEntries(calls.map(([unit, choice]) => [unit, CHOICES[choice]]));
  }
  if (draft.focus) {
    change.view = { layer: "president", focus: draft.focus, highlight: draft.highlight };
  }
  if (headline) {
    const { annotations, announce } = draft;
    change.story = { headline, body, annotations, announce };
  }
  return change;
}

/**
 * The change to take, {change}, or what keeps it from being taken, {problem, field}.
 * `log` holds the updates so far, oldest first.
 */
export function toChange(draft, state, log) {
  const change = sketch(draft);
  const units = Object.keys(draft.calls);
  const vague = units.find((unit) => !change.calls?.[unit]);
  if (vague) return { problem: `Choose a result for ${vague}.`, field: "calls" };
  if (units.length && !change.story) {
    return { problem: "A call needs a headline.", field: "headline" };
  }
  const wrong = units.filter((unit) => corrects(state, unit, change.calls[unit]));
  if (wrong.length) {
    if (wrong.length < units.length) {
      return { problem: `Take the correction of ${wrong.join(", ")} by itself.`, field: "calls" };
    }
    const reason = draft.reason.trim();
    if (!reason) return { problem: "A correction needs a reason.", field: "reason" };
    const seq = seqOfCalls(units, log);
    if (!seq) return { problem: `${wrong.join(", ")} were not called together.`, field: "calls" };
    Object.assign(change, { kind: "correct", corrects: seq, reason });
    change.story.announce = "assertive";
  } else if (units.some((unit) => change.calls[unit].status === "retracted")) {
    return { problem: "Only a called unit can be retracted.", field: "calls" };
  }
  if (draft.highlight.length && !change.view) {
    return { problem: "A highlight needs a view.", field: "focus" };
  }
  if (draft.body.trim() && !change.story) {
    return { problem: "A story needs a headline.", field: "headline" };
  }
  if (!change.calls && !change.view && !change.story) {
    return { problem: "There is nothing to take yet.", field: "headline" };
  }
  return { change };
}

/** The draft that makes this change again, to edit a cue. */
export function fromChange(change, title = "") {
  const calls = Object.entries(change.calls ?? {}).map(([unit, call]) => [
    unit,
    call.party ? `${call.status}-${call.party}` : call.status,
  ]);
  return {
    ...EMPTY,
    title,
    calls: Object.fromEntries(calls),
    ...change.story,
    focus: change.view?.focus ?? "",
    highlight: change.view?.highlight ?? [],
    reason: change.reason ?? "",
  };
}

/** The newest update that called all of `units`, as seq; undefined if there is none. */
export function seqOfCalls(units, log) {
  const made = log.findLast((update) =>
    units.every((unit) => DECIDED.includes(update.calls?.[unit]?.status)),
  );
  return made?.seq;
}

/** Why somebody else must confirm, as far as can be told here; "" if nobody needs to. */
export function needsSecond(rule, votes, before, after, change) {
  const calls = Object.values(change.calls ?? {}).some((call) => DECIDED.includes(call.status));
  if (rule === "calls" && calls) return "every call is confirmed by a second person";
  if (rule !== "270") return "";
  const [was, is] = [totals(votes, before.calls), totals(votes, after.calls)];
  const crosses = Object.keys(is).some(
    (party) => party !== "uncalled" && is[party] >= TO_WIN && !(was[party] >= TO_WIN),
  );
  return crosses ? "it crosses 270, which a second person confirms" : "";
}

/** An update in a few words, in parts: [{units: ["KY", "IN"], words: "→ R"}, {words: "view OH"}]. */
export function parts(update) {
  const found = new Map(); // words -> units
  for (const [unit, call] of Object.entries(update.calls ?? {})) {
    const words = call.party ? `→ ${call.party}` : call.status.replace("_", " ");
    found.set(words, [...(found.get(words) ?? []), unit]);
  }
  const list = [...found].map(([words, units]) => ({ units, words }));
  if (update.view) list.push({ units: [], words: `view ${update.view.focus}` });
  if (update.kind !== "update") list.unshift({ units: [], words: KINDS[update.kind] ?? update.kind });
  return list.length ? list : [{ units: [], words: "story" }];
}

/** The same as text. */
export function describe(update) {
  return parts(update)
    .map(({ units, words }) => [...units, words].join(" "))
    .join(", ");
}
