import assert from "node:assert/strict";
import test from "node:test";

import { election, load, useLanguage, vectors } from "./modules.mjs";

const { groups } = await load("broadcaster/rendering/drawing.js");
const { cases, election: year } = vectors("call_log");

for (const { name, language, calls, groups: expected } of cases) {
  test(name, async () => {
    await useLanguage(language);
    const found = groups(calls, election(year, language)).map(Object.values);
    assert.deepEqual(found, expected);
  });
}
