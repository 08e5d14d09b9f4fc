import assert from "node:assert/strict";
import test from "node:test";

import { contest, load, useLanguage, vectors } from "./modules.mjs";

const { bars, counted, isClearOfEdge, label, lead, mark, passedWords, result, share } = await load(
  "broadcaster/rendering/drawing.js",
);

for (const { name, language, contest: id, calls, counts, races, ...expected } of vectors("picture")
  .cases) {
  test(name, async () => {
    await useLanguage(language);
    const shown = contest(id, language);
    const won = shown.totals(calls);
    assert.equal(label(won, shown), expected.label);
    assert.equal(shown.winner(won), expected.passed);
    assert.deepEqual(bars(won, shown), expected.bars);
    for (const [race, words] of Object.entries(races)) {
      const call = calls[race] ?? { status: "open" };
      assert.deepEqual([mark(call, shown), result(call, shown, race)], words, race);
    }
    for (const [race, [leader, words]] of Object.entries(expected.counted ?? {})) {
      const found = counted(counts[race], race, shown);
      assert.deepEqual([found.leader, found.words], [leader, words], race);
    }
  });
}

test("labels that the edge of the view would cut are not shown", () => {
  for (const { name, at, isClear } of vectors("picture").edges) {
    assert.equal(isClearOfEdge(at, [0, 0, 100, 60], 5), isClear, name);
  }
});

test("a party that has exactly what it needs reaches the threshold, and is past it with more", async () => {
  await useLanguage();
  const president = contest("us-president-2020");
  assert.equal(passedWords(270, president), "reaches 270");
  assert.equal(passedWords(271, president), "past 270");
});

test("a lead in short has the party's letter, and a tie has a word", async () => {
  await useLanguage();
  const lakeland = contest("lakeland-2027");
  const short = (count) => {
    const found = counted(count, "N", lakeland);
    return [lead(found), share(found)];
  };
  assert.deepEqual(short({ votes: { FAR: 6, GRN: 4 }, expected: 0.5 }), ["Fa +20.0", "50%"]);
  assert.deepEqual(short({ votes: { FAR: 5, GRN: 5 } }), ["Tied", ""]);
  assert.deepEqual(short({ votes: { FAR: 0 }, expected: 0 }), ["", "0%"]);
});
