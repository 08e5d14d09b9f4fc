// The draft: an update that is being prepared. Pure: no DOM, no network.
// A draft is {title, calls: {unit: choice}, headline, body, announce, annotations, focus,
// highlight, reason}, which are the values of the form.

import { seqToCorrect } from "../domain/corrections.js";

export const DECIDED = ["called", "certified"]; // statuses of a unit that somebody has won

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

/** The choices for a unit: the form's value, and the call it makes. */
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

/** Return whether viewers see this unit as won by somebody. */
export function isDecided(state, unit) {
  return DECIDED.includes(state.calls[unit]?.status);
}

/** Return whether giving `unit` this call takes back one that viewers have seen. */
export function isCorrection(state, unit, call) {
  return isDecided(state, unit) && call.party !== state.calls[unit].party;
}

/** Return whether clearing the draft would lose nothing. */
export function isEmpty(draft) {
  const { calls, headline, body, focus, reason, title } = draft;
  return !Object.keys(calls).length && ![headline, body, focus, reason, title].some(Boolean);
}

/** Return the change that the draft makes so far, for the preview. It may be incomplete. */
export function toPartialChange(draft) {
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
 * Return {change}, ready to be taken, or {problem, field}: what is missing, and the form's field
 * for it. `history` is {initial, updates} as in corrections.js.
 */
export function toChange(draft, state, history) {
  const change = toPartialChange(draft);
  const units = Object.keys(draft.calls);
  const unchosen = units.find((unit) => !change.calls?.[unit]);
  if (unchosen) return { problem: `Choose a result for ${unchosen}.`, field: "calls" };
  if (units.length && !change.story) {
    return { problem: "A call needs a headline.", field: "headline" };
  }
  const corrected = units.filter((unit) => isCorrection(state, unit, change.calls[unit]));
  if (corrected.length) {
    const names = corrected.join(", ");
    if (corrected.length < units.length) {
      return { problem: `Take the correction of ${names} by itself.`, field: "calls" };
    }
    const reason = draft.reason.trim();
    if (!reason) return { problem: "A correction needs a reason.", field: "reason" };
    const seq = seqToCorrect(units, history);
    if (seq === undefined) {
      const problem = `${names} were called by different updates. Correct them one at a time.`;
      return { problem, field: "calls" };
    }
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

/** Return the draft that makes `change`, to edit a cue. */
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
