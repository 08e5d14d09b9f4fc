import assert from "node:assert/strict";
import test from "node:test";

import { contests, load, vectors } from "./modules.mjs";

const { Replica, apply, racesIn, sameTotals, stateOf, totals } = await load("broadcaster/domain/replica.js");
const { cases, contests: ids } = vectors("mapstate");
const shown = contests(ids);

const start = {
  phase: "scheduled",
  view: { contest: "president", focus: "US", highlight: [] },
  calls: {},
  counts: {},
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
      const found = { ...state, totals: totals(shown, state.calls) };
      for (const [key, value] of Object.entries(step.then)) {
        assert.deepEqual(found[key], value, key);
      }
    }
  });
}

test("apply does not change the state that it starts from", () => {
  apply(start, { kind: "start", calls: { president: { PA: { status: "called", party: "D" } } } });
  assert.equal(start.phase, "scheduled");
  assert.deepEqual(start.calls, {});
});

test("sameTotals ignores the order of keys and notices one key or vote more", () => {
  const one = { president: { D: 1, R: 2 }, senate: { D: 28 } };
  assert.ok(sameTotals(one, { senate: { D: 28 }, president: { R: 2, D: 1 } }));
  assert.ok(!sameTotals(one, { ...one, senate: { D: 29 } }));
  assert.ok(!sameTotals(one, { ...one, senate: { D: 28, R: 0 } }));
  assert.ok(!sameTotals(one, { president: one.president }));
  assert.ok(!sameTotals({ president: one.president }, one));
});

test("the state of a contest has the view only if the view is of that contest", () => {
  const view = { contest: "senate", focus: "OH", highlight: ["OH"] };
  const calls = { senate: { OH: { status: "called", party: "R" } } };
  const state = { ...start, view, calls };
  assert.deepEqual(stateOf(state, "senate"), { view, calls: calls.senate, counts: {} });
  const elsewhere = stateOf(state, "president");
  assert.deepEqual(elsewhere, { view: { focus: "", highlight: [] }, calls: {}, counts: {} });
});

test("the races of one contest are found among those of several", () => {
  assert.deepEqual(racesIn("senate", ["president/PA", "senate/OH", "senate/PA"]), ["OH", "PA"]);
});
