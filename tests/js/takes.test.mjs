import assert from "node:assert/strict";
import test from "node:test";

import { contests, load, vectors } from "./modules.mjs";

const { approvalReason } = await load("broadcaster/desk/approval.js");
const { isAllowedIn } = await load("broadcaster/desk/take_target.js");
const { isNothingNew, news } = await load("broadcaster/desk/standing.js");
const { apply } = await load("broadcaster/domain/replica.js");
const { approvals, contests: ids, news: cases, phases } = vectors("takes");
const shown = contests(ids);

/** Return calls by contest from the parties that have won, by contest and race. */
function called(parties) {
  const byRace = (won) =>
    Object.fromEntries(
      Object.entries(won).map(([race, party]) => [race, { status: "called", party }]),
    );
  return Object.fromEntries(Object.entries(parties).map(([key, won]) => [key, byRace(won)]));
}

for (const { name, rule, before, calls, needed } of approvals) {
  test(`approval: ${name}`, () => {
    const state = { phase: "live", calls: called(before), counts: {} };
    const change = { kind: "update", calls };
    const reason = approvalReason(rule, shown, state, apply(state, change), change);
    assert.equal(Boolean(reason), needed);
  });
}

for (const [kind, allowed] of Object.entries(phases)) {
  test(`phases in which a change of kind ${kind} is allowed`, () => {
    for (const [phase, expected] of Object.entries(allowed)) {
      assert.equal(isAllowedIn({ phase }, { kind }), expected, phase);
    }
  });
}

for (const { name, before, calls, new: expected } of cases) {
  test(`news: ${name}`, () => {
    const change = { kind: "update", calls };
    assert.deepEqual(news({ calls: before }, change).calls ?? null, expected);
    assert.equal(isNothingNew({ calls: before }, change), expected === null);
  });
}
