import assert from "node:assert/strict";
import test from "node:test";

import { load, vectors } from "./modules.mjs";

const { seqsOfCall, seqToCorrect } = await load("broadcaster/domain/corrections.js");

for (const { name, initial, log, corrections } of vectors("corrections").cases) {
  for (const { races, accepted, chosen } of corrections) {
    test(`the update that a correction of ${races.join(" and ")} names: ${name}`, () => {
      const history = { initial, updates: log };
      assert.equal(seqToCorrect(races, history) ?? null, chosen);
      if (races.length === 1) assert.deepEqual(seqsOfCall(races[0], history), accepted);
    });
  }
}

test("a log without its oldest updates ignores the calls of the first map", () => {
  const call = { status: "called", party: "D" };
  const updates = [{ seq: 501, calls: { president: { AZ: call } } }];
  const history = { initial: { president: { AZ: call, GA: call } }, updates };
  assert.deepEqual(seqsOfCall(["president", "AZ"], history), [501]);
  assert.deepEqual(seqsOfCall(["president", "GA"], history), []);
});
