import assert from "node:assert/strict";
import test from "node:test";

import { contest, load, vectors } from "./modules.mjs";

const { encode, next } = await load("viewers/calculator/scenario.js");

for (const { name, contest: id, parties, code } of vectors("scenario").codes) {
  test(`the code for ${name}`, () => assert.equal(encode(contest(id), parties), code));
}

test("a code has as many bits for each race as the parties need", () => {
  const races = { A: {}, B: {} };
  const parties = [{ id: "P" }, { id: "Q" }, { id: "R" }, { id: "S" }];
  assert.equal(encode({ races, parties }, { A: "S", B: "P" }), "IQ"); // 100 001
});

test("clicks go through the parties and back to open", () => {
  const lakeland = contest("lakeland-2027");
  const seen = [""];
  for (let i = 0; i < 4; i += 1) seen.push(next(lakeland, seen.at(-1)));
  assert.deepEqual(seen, ["", "GRN", "FAR", "LIB", ""]);
});
