import assert from "node:assert/strict";
import test from "node:test";

import { election, load, vectors } from "./modules.mjs";

const { encode, next } = await load("viewers/calculator/scenario.js");
const units = Object.keys(election(2020).votes).sort();

for (const { name, parties, code } of vectors("scenario").codes) {
  test(`the code for ${name}`, () => assert.equal(encode(units, parties), code));
}

test("clicks go through the parties and back to open", () => {
  const seen = [""];
  while (seen.length < 5) seen.push(next(seen.at(-1)));
  assert.deepEqual(seen, ["", "D", "R", "O", ""]);
});
