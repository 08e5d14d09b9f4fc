import assert from "node:assert/strict";
import test from "node:test";

import { contests, load, vectors } from "./modules.mjs";

const { EMPTY, callOf, fromChange, isEmpty, toChange, toPartialChange } = await load(
  "broadcaster/desk/draft.js",
);
const { headlineFor } = await load("broadcaster/desk/headline.js");
const { approvalReason } = await load("broadcaster/desk/approval.js");
const { apply } = await load("broadcaster/domain/replica.js");

const SHOWN = contests({ president: "us-president-2020", senate: "us-senate-2024" });
const START = {
  phase: "live",
  view: { contest: "president", focus: "", highlight: [] },
  calls: {},
  counts: {},
  story: { headline: "", body: "", annotations: [], announce: "none" },
};
const AZ = { president: { AZ: { status: "called", party: "D" } } };
const CALLED = apply(START, { calls: AZ });
const UPDATES = [{ seq: 1, kind: "start" }, { seq: 2, kind: "update", calls: AZ }];
const HISTORY = { initial: {}, updates: UPDATES };
const NO_HISTORY = { initial: {}, updates: [] };

function draft(more) {
  return { ...EMPTY, ...more };
}

function problem(more, state = START, history = NO_HISTORY) {
  return toChange(draft(more), state, history).problem;
}

test("an empty draft makes no change and has a problem", () => {
  assert.ok(isEmpty(EMPTY));
  assert.deepEqual(toPartialChange(EMPTY), { kind: "update" });
  assert.equal(problem({}), "There is nothing to take yet.");
});

test("a view alone is an update", () => {
  const { change } = toChange(draft({ focus: "senate/OH", highlight: ["PA"] }), START, NO_HISTORY);
  assert.deepEqual(change, {
    kind: "update",
    view: { contest: "senate", focus: "OH", highlight: ["PA"] },
  });
});

test("a call needs a result and a headline", () => {
  assert.equal(problem({ calls: { "president/PA": "" }, headline: "News" }), "Choose a result for PA.");
  const found = toChange(draft({ calls: { "president/PA": "called-D" } }), START, NO_HISTORY);
  assert.deepEqual(found, { problem: "A call needs a headline.", field: "headline" });
});

test("a story needs a headline and a highlight needs a view", () => {
  assert.equal(problem({ body: "More" }), "A story needs a headline.");
  assert.equal(problem({ highlight: ["OH"], headline: "Ohio" }), "A highlight needs a view.");
});

test("retracting a call is a correction, which needs a reason and names the update", () => {
  const wrong = { calls: { "president/AZ": "retracted" }, headline: "Arizona is not called" };
  assert.equal(problem(wrong, CALLED, HISTORY), "A correction needs a reason.");

  const { change } = toChange(draft({ ...wrong, reason: " Too early " }), CALLED, HISTORY);
  assert.equal(change.kind, "correct");
  assert.equal(change.corrects, 2);
  assert.equal(change.reason, "Too early");
  assert.equal(change.story.announce, "assertive");
});

test("a correction of a call of the first map names update 0", () => {
  const wrong = draft({ calls: { "president/AZ": "retracted" }, headline: "News", reason: "Wrong" });
  const { change } = toChange(wrong, CALLED, { initial: AZ, updates: [UPDATES[0]] });
  assert.equal(change.corrects, 0);
});

test("a correction has calls of one update only", () => {
  const mixed = { calls: { "president/AZ": "called-R", "president/PA": "called-D" }, headline: "News", reason: "Wrong" };
  assert.equal(problem(mixed, CALLED, HISTORY), "Take the correction of AZ by itself.");
  assert.equal(
    problem({ calls: { "president/PA": "retracted" }, headline: "News" }),
    "Only a called race can be retracted.",
  );
  const third = { seq: 3, kind: "update", calls: { senate: { OH: { status: "called", party: "R" } } } };
  const two = apply(CALLED, third);
  const history = { initial: {}, updates: [...UPDATES, third] };
  const both = { calls: { "president/AZ": "retracted", "senate/OH": "retracted" }, headline: "News", reason: "Wrong" };
  assert.equal(
    problem(both, two, history),
    "AZ, OH were called by different updates. Correct them one at a time.",
  );
});

test("certifying a call for the same party is no correction", () => {
  const again = draft({ calls: { "president/AZ": "certified-D" }, headline: "Certified" });
  const { change } = toChange(again, CALLED, HISTORY);
  assert.equal(change.kind, "update");
  assert.deepEqual(change.calls.president.AZ, { status: "certified", party: "D" });
});

test("a cue's change becomes the draft that makes the same change", () => {
  const whole = draft({
    calls: { "president/PA": "called-D", "president/GA": "too_close", "senate/OH": "called-R" },
    headline: "Pennsylvania",
    body: "At last",
    announce: "assertive",
    annotations: [{ at: "PA", text: "20" }],
    focus: "president/PA",
    highlight: ["PA"],
  });
  const { change } = toChange(whole, START, NO_HISTORY);
  assert.deepEqual(fromChange(change, "C9"), { ...whole, title: "C9", isTyped: true });
  assert.deepEqual(toChange(fromChange(change), START, NO_HISTORY).change, change);
});

test("a choice of the form is a call, if it has all that the call needs", () => {
  assert.deepEqual(callOf("certified-LIB"), { status: "certified", party: "LIB" });
  assert.deepEqual(callOf("too_early"), { status: "too_early" });
  for (const incomplete of ["", "called", "called-", "elected-LIB"]) {
    assert.equal(callOf(incomplete), null);
  }
});

test("the broadcast's rule says which changes need approval", () => {
  const races = "CA OR WA HI NY CO NM MA MD DE DC NJ CT RI IL VA VT NH MN WI MI ME-AL ME-1";
  const won = races.split(" ").map((race) => [race, { status: "called", party: "D" }]);
  const close = apply(START, { calls: { president: Object.fromEntries(won) } });
  const D = { status: "called", party: "D" };
  const call = { kind: "update", calls: { president: { PA: D } } };
  const need = (rule, state, change) =>
    approvalReason(rule, SHOWN, state, apply(state, change), change);

  assert.equal(need("wins", close, call), "it decides U.S. President 2020");
  assert.equal(need("wins", START, call), "");
  assert.equal(need("wins", close, { calls: { senate: { OH: D } } }), "");
  assert.equal(need("wins", apply(close, call), { calls: { president: { GA: D } } }), "");
  assert.match(need("calls", START, call), /every call/);
  assert.equal(need("calls", START, { view: { contest: "president", focus: "OH" } }), "");
  assert.equal(need("never", close, call), "");
});

test("the headline of calls is written like a feed's", () => {
  for (const { contests: ids, calls, words } of vectors("headlines").headlines) {
    assert.equal(headlineFor(calls, contests(ids)), words);
  }
});

test("an annotation needs a headline and goes with it", () => {
  const annotations = [{ contest: "president", at: "PA", text: " Philadelphia is left " }];
  assert.equal(problem({ annotations }), "An annotation needs a headline.");
  const { change } = toChange(draft({ annotations, headline: "Waiting" }), START, NO_HISTORY);
  assert.deepEqual(change.story.annotations, [{ ...annotations[0], text: "Philadelphia is left" }]);
});

test("a text over its limit is a problem, and is not cut", () => {
  const long = { headline: "é".repeat(201) };
  const { problem: words, field } = toChange(draft(long), START, NO_HISTORY, { headline: 200 });
  assert.equal(words, "The headline is too long: 201 characters, at most 200.");
  assert.equal(field, "headline");
  const emoji = draft({ headline: "🗳".repeat(200) }); // as the server counts
  assert.equal(toChange(emoji, START, NO_HISTORY, { headline: 200 }).problem, undefined);
  const annotations = [{ contest: "president", at: "PA", text: "x".repeat(201) }];
  const noted = draft({ headline: "Note", annotations });
  assert.match(
    toChange(noted, START, NO_HISTORY, { annotation: 200 }).problem,
    /^An annotation is too long: 201 characters, at most 200\.$/,
  );
});
