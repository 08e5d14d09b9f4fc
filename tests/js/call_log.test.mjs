import assert from "node:assert/strict";
import test from "node:test";

import { election, load, vectors } from "./modules.mjs";

const { groups } = await load("broadcaster/call_log.js");
const { cases, election: year } = vectors("call_log");

for (const { name, calls, groups: expected } of cases) {
  test(name, () => {
    const found = groups(calls, election(year)).map(Object.values);
    assert.deepEqual(found, expected);
  });
}
