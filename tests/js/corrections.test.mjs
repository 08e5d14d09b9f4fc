import assert from "node:assert/strict";
import test from "node:test";

import { load, vectors } from "./modules.mjs";

const { seqsOfCall, seqToCorrect } = await load("broadcaster/domain/corrections.js");

for (const { name, initial, log, corrections } of vectors("corrections").cases) {
  for (const { units, accepted, chosen } of corrections) {
    test(`the update that a correction of ${units.join(" and ")} names: ${name}`, () => {
      const history = { initial, updates: log };
      assert.equal(seqToCorrect(units, history) ?? null, chosen);
      if (units.length === 1) assert.deepEqual(seqsOfCall(units[0], history), accepted);
    });
  }
}

test("a log without its oldest updates ignores the calls of the first map", () => {
  const call = { status: "called", party: "D" };
  const history = { initial: { AZ: call, GA: call }, updates: [{ seq: 501, calls: { AZ: call } }] };
  assert.deepEqual(seqsOfCall("AZ", history), [501]);
  assert.deepEqual(seqsOfCall("GA", history), []);
});
