// The draft: an update that is being prepared. Pure: no DOM, no network.
// A draft is {title, calls: {"contest/race": choice}, headline, body, announce, annotations, focus,
// highlight, reason, isTyped}, which are the values of the form. `focus` is "contest/place", with an
// empty place for the whole map, or "" if the view stays. `isTyped`: a person wrote the headline.

import { seqToCorrect } from "../domain/corrections.js";

export const DECIDED = ["called", "certified"]; // statuses of a race that somebody has won
const TEXTS = { headline: "headline", body: "story", reason: "reason", title: "title" };
const OTHERS = ["too_close", "too_early", "open", "retracted"];

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
  isTyped: false,
});

/** Return the call that a choice makes, such as "called-D" or "too_close"; null for another text. */
export function callOf(choice) {
  const [status, party] = choice.split("-");
  if (DECIDED.includes(status) && party) return { status, party };
  return OTHERS.includes(choice) ? { status } : null;
}

/** Return the choice that makes a call. */
function choiceOf({ status, party }) {
  return party ? `${status}-${party}` : status;
}

/** Return whether a state, or a change, has a race as won by somebody. A race is [contest, race]. */
export function isDecided({ calls }, [contest, race]) {
  return DECIDED.includes(calls?.[contest]?.[race]?.status);
}

/** Return whether giving a race this call takes back one that viewers have seen. */
export function isCorrection(state, [contest, race], call) {
  return (
    isDecided(state, [contest, race]) && call.party !== state.calls[contest][race].party
  );
}

/** Return whether clearing the draft would lose nothing. */
export function isEmpty(draft) {
  const { calls, headline, body, annotations, focus, reason, title } = draft;
  const isBare = !Object.keys(calls).length && !annotations.length;
  return isBare && ![headline, body, focus, reason, title].some(Boolean);
}

/** Return the number of characters of a text, as the server counts them. */
export function lengthOf(text) {
  return [...text.trim()].length;
}

/** Return {problem, field} if a text is longer than its limit in characters, else null. */
function tooLong(draft, limits) {
  const texts = Object.entries(TEXTS).map(([name, words]) => [name, `The ${words}`, draft[name]]);
  const notes = draft.annotations.map(({ text }) => ["annotation", "An annotation", text]);
  for (const [field, subject, text] of [...texts, ...notes]) {
    const [length, limit] = [lengthOf(text), limits[field]];
    if (length <= (limit ?? Infinity)) continue;
    return { problem: `${subject} is too long: ${length} characters, at most ${limit}.`, field };
  }
  return null;
}

/** Return the change that the draft makes so far, for the preview. It may be incomplete. */
export function toPartialChange(draft) {
  const change = { kind: "update" };
  const [headline, body] = [draft.headline.trim(), draft.body.trim()];
  for (const [place, choice] of Object.entries(draft.calls)) {
    const [contest, race] = place.split("/");
    const call = callOf(choice);
    if (!call) continue;
    change.calls ??= {};
    change.calls[contest] = { ...change.calls[contest], [race]: call };
  }
  if (draft.focus) {
    const [contest, focus] = draft.focus.split("/");
    change.view = { contest, focus, highlight: draft.highlight };
  }
  if (headline) {
    const { announce } = draft;
    const notes = draft.annotations.map((note) => ({ ...note, text: note.text.trim() }));
    const annotations = notes.filter(({ text }) => text);
    change.story = { headline, body, annotations, announce };
  }
  return change;
}

/**
 * Return {change}, ready to be taken, or {problem, field}: what is missing, and the form's field
 * for it. `history` is {initial, updates} as in corrections.js, `limits` has the most characters
 * of texts by their field.
 */
export function toChange(draft, state, history, limits = {}) {
  const long = tooLong(draft, limits);
  if (long) return long;
  const change = toPartialChange(draft);
  const races = Object.keys(draft.calls).map((place) => place.split("/"));
  const call = ([contest, race]) => change.calls?.[contest]?.[race];
  const names = (some) => some.map(([, race]) => race).join(", ");
  const unchosen = races.find((race) => !call(race));
  if (unchosen) return { problem: `Choose a result for ${unchosen[1]}.`, field: "calls" };
  if (races.length && !change.story) {
    return { problem: "A call needs a headline.", field: "headline" };
  }
  const corrected = races.filter((race) => isCorrection(state, race, call(race)));
  if (corrected.length) {
    if (corrected.length < races.length) {
      const problem = `Take the correction of ${names(corrected)} by itself.`;
      return { problem, field: "calls" };
    }
    const reason = draft.reason.trim();
    if (!reason) return { problem: "A correction needs a reason.", field: "reason" };
    const seq = seqToCorrect(races, history);
    if (seq === undefined) {
      const problem = `${names(corrected)} were called by different updates. Correct them one at a time.`;
      return { problem, field: "calls" };
    }
    Object.assign(change, { kind: "correct", corrects: seq, reason });
    change.story.announce = "assertive";
  } else if (races.some((race) => call(race).status === "retracted")) {
    return { problem: "Only a called race can be retracted.", field: "calls" };
  }
  if (draft.highlight.length && !change.view) {
    return { problem: "A highlight needs a view.", field: "focus" };
  }
  if (draft.body.trim() && !change.story) {
    return { problem: "A story needs a headline.", field: "headline" };
  }
  if (draft.annotations.length && !change.story) {
    return { problem: "An annotation needs a headline.", field: "headline" };
  }
  if (!change.calls && !change.view && !change.story) {
    return { problem: "There is nothing to take yet.", field: "headline" };
  }
  return { change };
}

/** Return the draft that makes `change`, to edit a cue. */
export function fromChange(change, title = "") {
  const calls = Object.entries(change.calls ?? {}).flatMap(([contest, races]) =>
    Object.entries(races).map(([race, call]) => [`${contest}/${race}`, choiceOf(call)]),
  );
  return {
    ...EMPTY,
    title,
    calls: Object.fromEntries(calls),
    ...change.story,
    focus: change.view ? `${change.view.contest}/${change.view.focus}` : "",
    highlight: change.view?.highlight ?? [],
    reason: change.reason ?? "",
    isTyped: Boolean(change.story),
  };
}
