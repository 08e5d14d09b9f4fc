// The target of TAKE: a cue, or the draft. Pure: no DOM, no network.

import { apply } from "../domain/replica.js";
import { approvalReason } from "./approval.js";
import { openPollsWarning } from "./polls.js";
import { toChange, toPartialChange } from "./draft.js";
import { statusNote } from "./rundown.js";
import { isNothingNew, news, standingNote } from "./standing.js";

/**
 * Return the content of Preview:
 * - change, name: the change, and what it is called there;
 * - news: the change without the calls that stand already, which is what would go out;
 * - after: the state after it;
 * - complete: whether the change could be stored as a cue;
 * - problem, field: why it cannot be sent, and the form's field for it;
 * - warning: why it would wait for approval or be rejected, or that polls are open;
 * - blocked: whether TAKE would do nothing now.
 *
 * `cue` is null for the draft, `editing` is the cue that the draft edits, or null.
 * `context` is {state, history, now, me, may, rule, contests, limits}.
 */
export function takeTarget(cue, draft, editing, context) {
  return cue ? cueTarget(cue, context) : draftTarget(draft, editing, context);
}

function cueTarget(cue, { state, history, now, me, may, contests }) {
  const { change, title } = cue;
  return {
    change,
    name: title,
    news: news(state, change),
    after: apply(state, change),
    complete: true,
    warning: sentences(
      cueWarning(cue, now, me, standingNote(state, change, history.updates)) ||
        missingPermission(change, may),
      cue.taken ? "" : openPollsWarning(change, contests, now),
    ),
    blocked: Boolean(cue.taken || cue.asked) || !isAllowedIn(state, change) || isNothingNew(state, change),
  };
}

function draftTarget(draft, editing, { state, history, now, may, rule, contests, limits }) {
  const { change = toPartialChange(draft), problem: missing, field } = toChange(
    draft,
    state,
    history,
    limits,
  );
  const after = apply(state, change);
  const problem =
    missing ?? (editing ? "This draft edits a cue: save it, then take the cue." : undefined);
  const approval = approvalReason(rule, contests, state, after, change);
  return {
    change,
    name: editing ? "the cue as edited" : "the draft",
    news: news(state, change),
    after,
    complete: !missing,
    problem,
    field,
    warning: sentences(
      standingNote(state, change, history.updates),
      missingPermission(change, may) || (approval && `Needs approval: ${approval}.`),
      openPollsWarning(change, contests, now),
    ),
    blocked: Boolean(problem) || !isAllowedIn(state, change) || isNothingNew(state, change),
  };
}

/** Return whether the broadcast's phase lets the change out: on hold, only corrections. */
export function isAllowedIn({ phase }, { kind }) {
  return phase === "live" || (phase === "held" && kind === "correct");
}

function sentences(...some) {
  return some.filter(Boolean).join(" ");
}

function cueWarning(cue, now, me, standing) {
  if (cue.taken) return `Already taken: ${statusNote(cue, now, me, true)}.`;
  if (cue.asked) return "It waits for approval."; // of whom, the banner says
  const approval = cue.needs_approval ? "Needs approval by another person." : "";
  return sentences(standing || statusNote(cue, now, me, true), approval);
}

function missingPermission(change, may) {
  if (change.kind !== "correct" || may.correct) return "";
  return "Only an editor in charge can take a correction.";
}
