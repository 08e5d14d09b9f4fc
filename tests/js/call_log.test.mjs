import assert from "node:assert/strict";
import test from "node:test";

import { contests, load, useLanguage, vectors } from "./modules.mjs";

const { groups } = await load("broadcaster/rendering/drawing.js");
const { cases, contests: ids } = vectors("call_log");

for (const { name, language, calls, groups: expected } of cases) {
  test(name, async () => {
    await useLanguage(language);
    const found = groups(calls, contests(ids, language)).map(Object.values);
    assert.deepEqual(found, expected);
  });
}
