import assert from "node:assert/strict";
import test from "node:test";

import { load } from "./modules.mjs";

const { formatNumber, nearest, ticks } = await load("loadtest/center/scale.js");

test("an axis has a few round values that reach beyond the highest", () => {
  assert.deepEqual(ticks(0, 187), [0, 50, 100, 150, 200]);
  assert.deepEqual(ticks(0, 0.9), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(ticks(2, 9), [2, 4, 6, 8, 10]);
});

test("an axis of nothing has values all the same", () => {
  assert.ok(ticks(0, 0).length >= 2);
});

test("a number has as many digits as matter", () => {
  assert.equal(formatNumber(12500), "12,500");
  assert.equal(formatNumber(312.4), "312");
  assert.equal(formatNumber(7.46), "7.5");
  assert.equal(formatNumber(0.254), "0.25");
  assert.equal(formatNumber(null), "–");
});

test("the nearest point is found", () => {
  assert.equal(nearest([[0], [10], [20]], 13), 1);
});
