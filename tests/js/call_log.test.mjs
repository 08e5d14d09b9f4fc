import assert from "node:assert/strict";
import test from "node:test";

import { contests, load, useLanguage, vectors } from "./modules.mjs";

const { groups } = await load("broadcaster/rendering/call_log.js");
const { placesOf } = await load("broadcaster/domain/replica.js");
const { cases, contests: ids } = vectors("call_log");

for (const { name, language, calls, before = {}, groups: expected } of cases) {
  test(name, async () => {
    await useLanguage(language);
    const former = placesOf(before).map((place) => {
      const [key, race] = place.split("/");
      return [place, before[key][race].party ?? ""];
    });
    const found = groups(calls, contests(ids, language), Object.fromEntries(former)).map(Object.values);
    assert.deepEqual(found, expected);
  });
}
