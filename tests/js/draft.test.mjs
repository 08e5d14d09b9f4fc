import assert from "node:assert/strict";
import test from "node:test";

import { election, load } from "./modules.mjs";

const { describe, EMPTY, fromChange, isEmpty, needsSecond, parts, sketch, toChange } = await load(
  "broadcaster/desk/draft.js",
);
const { apply } = await load("broadcaster/domain/replica.js");

const { votes } = election(2020);
const START = {
  election: 2020,
  phase: "live",
  view: { layer: "president", focus: "US", highlight: [] },
  calls: {},
  story: { headline: "", body: "", annotations: [], announce: "none" },
};
const AZ = { AZ: { status: "called", party: "D" } };
const CALLED = apply(START, { calls: AZ });
const LOG = [{ seq: 1, kind: "start" }, { seq: 2, kind: "update", calls: AZ }];

function draft(more) {
  return { ...EMPTY, ...more };
}

function problem(more, state = START, log = []) {
  return toChange(draft(more), state, log).problem;
}

test("an empty draft changes nothing and says so", () => {
  assert.ok(isEmpty(EMPTY));
  assert.deepEqual(sketch(EMPTY), { kind: "update" });
  assert.equal(problem({}), "There is nothing to take yet.");
});

test("a view alone is an update, as in 2012", () => {
  const { change } = toChange(draft({ focus: "OH", highlight: ["PA"] }), START, []);
  assert.deepEqual(change, {
    kind: "update",
    view: { layer: "president", focus: "OH", highlight: ["PA"] },
  });
});

test("a call does not leave without its result, nor without a headline", () => {
  assert.equal(problem({ calls: { PA: "" }, headline: "News" }), "Choose a result for PA.");
  const found = toChange(draft({ calls: { PA: "called-D" } }), START, []);
  assert.deepEqual(found, { problem: "A call needs a headline.", field: "headline" });
});

test("a story without a headline and a highlight without a view are incomplete", () => {
  assert.equal(problem({ body: "More" }), "A story needs a headline.");
  assert.equal(problem({ highlight: ["OH"], headline: "Ohio" }), "A highlight needs a view.");
});

test("taking a call back is a correction, with a reason, of the update that made it", () => {
  const wrong = { calls: { AZ: "retracted" }, headline: "Arizona is not called" };
  assert.equal(problem(wrong, CALLED, LOG), "A correction needs a reason.");

  const { change } = toChange(draft({ ...wrong, reason: " Too early " }), CALLED, LOG);
  assert.equal(change.kind, "correct");
  assert.equal(change.corrects, 2);
  assert.equal(change.reason, "Too early");
  assert.equal(change.story.announce, "assertive");
});

test("a correction goes out by itself, and only of what is called", () => {
  const mixed = { calls: { AZ: "called-R", PA: "called-D" }, headline: "News", reason: "Wrong" };
  assert.equal(problem(mixed, CALLED, LOG), "Take the correction of AZ by itself.");
  assert.equal(
    problem({ calls: { PA: "retracted" }, headline: "News" }),
    "Only a called unit can be retracted.",
  );
  const two = apply(CALLED, { calls: { GA: { status: "called", party: "R" } } });
  const log = [...LOG, { seq: 3, kind: "update", calls: { GA: { status: "called", party: "R" } } }];
  const both = { calls: { AZ: "retracted", GA: "retracted" }, headline: "News", reason: "Wrong" };
  assert.equal(problem(both, two, log), "AZ, GA were not called together.");
});

test("calling for the same party again, and certifying it, are no corrections", () => {
  const again = draft({ calls: { AZ: "certified-D" }, headline: "Certified" });
  const { change } = toChange(again, CALLED, LOG);
  assert.equal(change.kind, "update");
  assert.deepEqual(change.calls.AZ, { status: "certified", party: "D" });
});

test("a cue can be edited: its change becomes the draft that makes it again", () => {
  const whole = draft({
    calls: { PA: "called-D", GA: "too_close" },
    headline: "Pennsylvania",
    body: "At last",
    announce: "assertive",
    annotations: [{ at: "PA", text: "20" }],
    focus: "PA",
    highlight: ["PA"],
  });
  const { change } = toChange(whole, START, []);
  assert.deepEqual(fromChange(change, "C9"), { ...whole, title: "C9" });
  assert.deepEqual(toChange(fromChange(change), START, []).change, change);
});

test("a second person is needed as the broadcast's rule says", () => {
  const units = "CA OR WA HI NY CO NM MA MD DE DC NJ CT RI IL VA VT NH MN WI MI ME-AL ME-1".split(" ");
  const close = apply(START, {
    calls: Object.fromEntries(units.map((unit) => [unit, { status: "called", party: "D" }])),
  });
  const call = { kind: "update", calls: { PA: { status: "called", party: "D" } } };
  const need = (rule, state, change) => needsSecond(rule, votes, state, apply(state, change), change);

  assert.match(need("270", close, call), /270/);
  assert.equal(need("270", START, call), "");
  assert.equal(need("270", apply(close, call), { calls: { GA: call.calls.PA } }), "");
  assert.match(need("calls", START, call), /every call/);
  assert.equal(need("calls", START, { view: { focus: "OH" } }), "");
  assert.equal(need("never", close, call), "");
});

test("an update in a few words", () => {
  assert.equal(describe({ kind: "update", calls: AZ, view: { focus: "AZ" } }), "AZ → D, view AZ");
  assert.equal(describe({ kind: "hold" }), "hold");
  assert.equal(describe({ kind: "update", story: {} }), "story");
  const R = { status: "called", party: "R" };
  const calls = { KY: R, VT: AZ.AZ, IN: R, GA: { status: "too_close" } };
  assert.equal(describe({ kind: "update", calls }), "KY IN → R, VT → D, GA too close");
  assert.deepEqual(parts({ kind: "correct", calls: { AZ: { status: "retracted" } } }), [
    { units: [], words: "correction" },
    { units: ["AZ"], words: "retracted" },
  ]);
});
