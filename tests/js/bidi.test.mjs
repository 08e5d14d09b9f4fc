import assert from "node:assert/strict";
import test from "node:test";

import { load } from "./modules.mjs";

const { isolate } = await load("broadcaster/domain/bidi.js");

test("text from left to right is returned as it is", () => {
  for (const text of ["", "Biden wins", "Peña Nieto, 51 % – “sí”", "日本"]) {
    assert.equal(isolate(text), text);
  }
});

test("other text is put between isolates", () => {
  const texts = ["\u202ewins", "\u05e9\u05dc\u05d5\u05dd", "\u0645\u0631\u062d", "\u2066a\u2069"];
  for (const text of texts) {
    assert.equal(isolate(text), `\u2068${text}\u2069`);
  }
});
