import assert from "node:assert/strict";
import test from "node:test";

import { election, load, useLanguage, vectors } from "./modules.mjs";

const { bars, label, mark, passed, result } = await load("broadcaster/rendering/drawing.js");
const { totals } = await load("broadcaster/domain/replica.js");
const { cases, election: year } = vectors("picture");

for (const { name, language, calls, units, ...expected } of cases) {
  test(name, async () => {
    await useLanguage(language);
    const { votes, candidates } = election(year, language);
    const won = { O: 0, ...totals(votes, calls) };
    assert.equal(label(won, candidates), expected.label);
    assert.equal(passed(won), expected.passed);
    assert.deepEqual(bars(won), expected.bars);
    for (const [unit, words] of Object.entries(units)) {
      const call = calls[unit] ?? { status: "open" };
      assert.deepEqual([mark(call), result(call, candidates)], words, unit);
    }
  });
}
