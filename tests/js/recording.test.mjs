import assert from "node:assert/strict";
import test from "node:test";

import { load, vectors } from "./modules.mjs";

const { Recording } = await load("broadcaster/domain/recording.js");
const { recording: data, folds, corrected, later_corrected, certified } = vectors("recording");
const recording = new Recording(data);

test("fold returns the map at any time", () => {
  for (const { t, seq, phase, calls } of folds) {
    assert.equal(recording.seqAt(t), seq);
    const state = recording.fold(t);
    assert.equal(state.phase, phase);
    assert.deepEqual(state.calls, calls);
  }
});

function checkCorrections(played, { corrected, later_corrected }) {
  assert.deepEqual(Object.fromEntries(played.corrected()), corrected);
  for (const { seq, gives } of later_corrected) {
    assert.deepEqual(played.laterCorrected(seq), gives);
  }
}

test("later corrections are found by update and by race", () => {
  checkCorrections(recording, { corrected, later_corrected });
});

test("a correction takes back all updates behind a call", () => {
  checkCorrections(new Recording(certified.recording), certified);
});

test("the duration ends with the last update", () => {
  assert.equal(recording.duration, 240000);
  assert.equal(new Recording({ ...data, updates: [] }).duration, 0);
});
