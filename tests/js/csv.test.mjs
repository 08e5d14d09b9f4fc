import assert from "node:assert/strict";
import test from "node:test";

import { load } from "./modules.mjs";

const { parse, write } = await load("broadcaster/admin/csv.js");

test("what is written is read again", () => {
  const rows = [
    ["id", "name"],
    ["N", 'The "far", cold\nnorth'],
    ["S", "=SUM(A1)"],
    ["E", "’tis"],
  ];
  assert.deepEqual(parse(write(rows)), rows);
  assert.match(write(rows), /^S,'=SUM\(A1\)$/m); // a spreadsheet must not run it
});

test("semicolons and tabs separate cells, too", () => {
  assert.deepEqual(parse("id;name\nN;Nord, ganz\n"), [["id", "name"], ["N", "Nord, ganz"]]);
  assert.deepEqual(parse("N\tNorth\r\nS\tSouth"), [["N", "North"], ["S", "South"]]);
});

test("empty rows and spaces around cells are left out", () => {
  assert.deepEqual(parse("id, name\n\n,\nN , North"), [["id", "name"], ["N", "North"]]);
});
