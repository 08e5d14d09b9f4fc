import assert from "node:assert/strict";
import test from "node:test";

import { election, load, vectors } from "./modules.mjs";

const { Replica, apply, sameTotals, totals } = await load("broadcaster/domain/replica.js");
const { cases, election: year } = vectors("mapstate");
const { votes } = election(year);

const start = {
  election: year,
  phase: "scheduled",
  view: { layer: "president", focus: "US", highlight: [] },
  calls: {},
  story: { headline: "", body: "", annotations: [], announce: "none" },
};

for (const { name, steps } of cases) {
  test(name, () => {
    let state = start;
    const replica = new Replica({ epoch: "e", seq: 0, at: 0, state });
    for (const step of steps) {
      if (step.change) {
        state = apply(state, step.change);
      } else {
        assert.equal(replica.apply(...step.receive), step.gives);
        assert.equal(String(replica.position), step.position);
        state = replica.state;
      }
      const found = { ...state, totals: totals(votes, state.calls) };
      for (const [key, value] of Object.entries(step.then)) {
        assert.deepEqual(found[key], value, key);
      }
    }
  });
}

test("apply does not change the state that it starts from", () => {
  apply(start, { kind: "start", calls: { PA: { status: "called", party: "D" } } });
  assert.equal(start.phase, "scheduled");
  assert.deepEqual(start.calls, {});
});

test("sameTotals ignores the order of keys and notices one key or vote more", () => {
  assert.ok(sameTotals({ D: 1, R: 2 }, { R: 2, D: 1 }));
  assert.ok(!sameTotals({ D: 1, R: 2 }, { D: 1, R: 3 }));
  assert.ok(!sameTotals({ D: 1, R: 2 }, { D: 1, R: 2, O: 1 }));
  assert.ok(!sameTotals({ D: 1, R: 2, O: 1 }, { D: 1, R: 2 }));
});
