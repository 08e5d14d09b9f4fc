// What Take would take: a cue, or the draft. Pure: no DOM, no network.

import { apply } from "../domain/replica.js";
import { needsSecond, sketch, toChange } from "./draft.js";
import { note } from "./rundown.js";

/**
 * {change, whole, what, after, hindrance, problem, field, off}: the change in preview, whether it
 * is whole, its name, the map after it, why it would wait or be refused, what keeps it from being
 * sent at all, and whether Take would do nothing now. `cue` is null for the draft; `now` has {state, log, clock, me, may, rule, votes}.
 */
export function previewed(cue, draft, editing, now) {
  const { state, log, clock, me, may, rule, votes } = now;
  if (cue) {
    const after = apply(state, cue.change);
    const { change, title } = cue;
    const why = hindrance(cue, clock, me) || forbidden(change, may);
    const off = Boolean(cue.taken) || !goesOut(change, state);
    return { change, whole: true, what: title, after, hindrance: why, off };
  }
  const { change = sketch(draft), problem, field } = toChange(draft, state, log);
  const after = apply(state, change);
  const second = needsSecond(rule, votes, state, after, change);
  const edits = editing && "This edits a cue: save it, then take the cue.";
  return {
    change,
    whole: !problem,
    what: editing ? "the cue as edited" : "the draft",
    after,
    hindrance: forbidden(change, may) || (second && `It will wait: ${second}.`),
    problem: problem ?? edits,
    field,
    off: Boolean(problem ?? edits) || !goesOut(change, state),
  };
}

/** Whether the show lets it out: on hold, corrections alone. */
function goesOut({ kind }, { phase }) {
  return phase === "live" || (phase === "held" && kind === "correct");
}

function hindrance(cue, clock, me) {
  const words = note(cue, clock, me, true);
  return words || (cue.crosses ? "It will wait for a second person." : "");
}

function forbidden(change, may) {
  if (change.kind !== "correct" || may.correct) return "";
  return "Taking a correction is for an editor in charge.";
}
