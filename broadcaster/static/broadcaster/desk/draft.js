// What the broadcaster has prepared and not taken yet. Pure: no DOM, no network.

const DECIDED = ["called", "certified"];

/** The choices for a unit: a name for the menu's value, and the call it makes. */
export const CHOICES = {
  "called-D": { status: "called", party: "D" },
  "called-R": { status: "called", party: "R" },
  "called-O": { status: "called", party: "O" },
  too_early: { status: "too_early" },
  too_close: { status: "too_close" },
  open: { status: "open" },
  retracted: { status: "retracted" },
  "certified-D": { status: "certified", party: "D" },
  "certified-R": { status: "certified", party: "R" },
  "certified-O": { status: "certified", party: "O" },
};

/** Whether giving `unit` this call takes back one that viewers have seen. */
export function corrects(state, unit, call) {
  const now = state.calls[unit];
  return DECIDED.includes(now?.status) && call.party !== now.party;
}

/**
 * The change to take, {change}, or what keeps it from being taken, {problem, field}.
 * `draft` is {calls: {unit: choice}, focus, headline, body, reason}, all text; `log` holds the
 * updates so far, oldest first.
 */
export function toChange(draft, state, log) {
  const change = {};
  const calls = {};
  for (const [unit, choice] of Object.entries(draft.calls)) {
    if (!CHOICES[choice]) return { problem: `Choose a result for ${unit}.`, field: "calls" };
    calls[unit] = CHOICES[choice];
  }
  const units = Object.keys(calls);
  const headline = draft.headline.trim();
  if (units.length) {
    change.calls = calls;
    if (!headline) return { problem: "A call needs a headline.", field: "headline" };
  }
  const wrong = units.filter((unit) => corrects(state, unit, calls[unit]));
  if (wrong.length) {
    if (wrong.length < units.length) {
      return { problem: `Take the correction of ${wrong.join(", ")} by itself.`, field: "calls" };
    }
    if (!draft.reason.trim()) return { problem: "A correction needs a reason.", field: "reason" };
    change.kind = "correct";
    change.corrects = seqOfCalls(units, log);
    if (!change.corrects) {
      return { problem: `${wrong.join(", ")} were not called together.`, field: "calls" };
    }
    change.reason = draft.reason.trim();
  } else if (units.some((unit) => calls[unit].status === "retracted")) {
    return { problem: "Only a called unit can be retracted.", field: "calls" };
  }
  if (draft.focus) change.view = { focus: draft.focus };
  if (headline || draft.body.trim()) {
    change.story = { headline, body: draft.body.trim() };
    if (change.kind === "correct") change.story.announce = "assertive";
  }
  if (!change.calls && !change.view && !change.story) {
    return { problem: "There is nothing to take yet.", field: "headline" };
  }
  return { change };
}

/** The newest update that called all of `units`, as seq; undefined if there is none. */
function seqOfCalls(units, log) {
  const made = log.findLast((update) =>
    units.every((unit) => DECIDED.includes(update.calls?.[unit]?.status)),
  );
  return made?.seq;
}

/** An update in a few words, for the log. */
export function describe(update) {
  const parts = Object.entries(update.calls ?? {}).map(([unit, call]) =>
    call.party ? `${unit} → ${call.party}` : `${unit} ${call.status.replace("_", " ")}`,
  );
  if (update.view) parts.push(`view ${update.view.focus}`);
  if (update.kind !== "update") parts.unshift(update.kind);
  return parts.join(", ") || "story";
}
