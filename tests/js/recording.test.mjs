import assert from "node:assert/strict";
import test from "node:test";

import { load, vectors } from "./modules.mjs";

const { Recording } = await load("broadcaster/domain/recording.js");
const { recording: data, folds, corrected, later_corrected } = vectors("recording");
const recording = new Recording(data);

test("fold returns the map at any time", () => {
  for (const { t, seq, phase, calls } of folds) {
    assert.equal(recording.seqAt(t), seq);
    const state = recording.fold(t);
    assert.equal(state.phase, phase);
    assert.deepEqual(state.calls, calls);
  }
});

test("later corrections are found by update and by unit", () => {
  assert.deepEqual([...recording.corrected()].map(([seq, by]) => [String(seq), by]), Object.entries(corrected));
  for (const { seq, gives } of later_corrected) {
    assert.deepEqual(Object.fromEntries(recording.laterCorrected(seq)), gives);
  }
});

test("the duration ends with the last update", () => {
  assert.equal(recording.duration, 240000);
  assert.equal(new Recording({ ...data, updates: [] }).duration, 0);
});
