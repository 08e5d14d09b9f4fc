import assert from "node:assert/strict";
import test from "node:test";

import { election, load, vectors } from "./modules.mjs";

const { approvalReason } = await load("broadcaster/desk/approval.js");
const { isAllowedIn } = await load("broadcaster/desk/take_target.js");
const { apply } = await load("broadcaster/domain/replica.js");
const { approvals, election: year, phases } = vectors("takes");
const { votes } = election(year);

for (const { name, rule, before, calls, needed } of approvals) {
  test(`approval: ${name}`, () => {
    const calledFor = ([unit, party]) => [unit, { status: "called", party }];
    const called = Object.fromEntries(Object.entries(before).map(calledFor));
    const state = { phase: "live", calls: called };
    const change = { kind: "update", calls };
    const reason = approvalReason(rule, votes, state, apply(state, change), change);
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
