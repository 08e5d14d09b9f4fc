import assert from "node:assert/strict";
import test from "node:test";

import { load } from "./modules.mjs";

const { summarize, summaryParts } = await load("broadcaster/desk/summary.js");

const D = { status: "called", party: "D" };
const R = { status: "called", party: "R" };

test("a summary names the calls, then the view", () => {
  const update = { kind: "update", calls: { AZ: D }, view: { focus: "AZ" } };
  assert.equal(summarize(update), "AZ → D, view AZ");
});

test("a summary groups units by result", () => {
  const calls = { KY: R, VT: D, IN: R, GA: { status: "too_close" } };
  assert.equal(summarize({ kind: "update", calls }), "KY IN → R, VT → D, GA too close");
});

test("a summary of an update with neither calls nor a view is its kind, or story", () => {
  assert.equal(summarize({ kind: "hold" }), "hold");
  assert.equal(summarize({ kind: "update", story: {} }), "story");
});

test("a summary's parts keep the units apart from the words", () => {
  assert.deepEqual(summaryParts({ kind: "correct", calls: { AZ: { status: "retracted" } } }), [
    { units: [], words: "correction" },
    { units: ["AZ"], words: "retracted" },
  ]);
});
