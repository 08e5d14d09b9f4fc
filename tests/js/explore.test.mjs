import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { contest, load, vectors } from "./modules.mjs";

const { PlayoutBuffer, flipped, middle, neighbour, pastMap, pointsOf, viewOf } = await load(
  "viewers/shared/explore.js",
);
const { frames } = vectors("session");
const president = contest("us-president-2020");

// The playout buffer

const snapshot = (seq, epoch = "a") => [
  "snapshot",
  { ...frames["snapshot a:1"], seq, epoch },
];
const call = (seq) => [
  "update",
  { seq, at: seq, kind: "update", calls: { president: { PA: { status: "called", party: "D" } } } },
];
const begin = () => new PlayoutBuffer(frames["snapshot a:1"]);
const seqs = (events) => events.map(([, { seq }]) => seq);

test("without a delay, events are released at once", () => {
  const buffer = begin();
  buffer.add([call(2), call(3), ["heartbeat"]], 1000);
  assert.equal(buffer.nextDue, 1000);
  assert.deepEqual(seqs(buffer.release(1000)), [2, 3]);
  assert.equal(buffer.replica.state.calls.president.PA.party, "D");
  assert.equal(buffer.waiting, 0);
  assert.equal(buffer.nextDue, null);
});

test("a delay releases each update that much later, in order", () => {
  const buffer = begin();
  buffer.delay = 30_000;
  buffer.add([call(2)], 1000);
  buffer.add([call(3)], 2000);
  assert.deepEqual(buffer.release(30_999), []);
  assert.equal(buffer.waiting, 2);
  assert.deepEqual(seqs(buffer.release(31_000)), [2]);
  assert.equal(buffer.nextDue, 32_000);
  buffer.delay = 0;
  assert.deepEqual(seqs(buffer.release(31_000)), [3]);
});

test("a rewound buffer releases what was due by the server's clock", () => {
  const buffer = begin();
  buffer.delay = 30_000;
  const first = { ...frames["snapshot a:1"], seq: 0, at: 1000 };
  const updates = [1, 2, 3].map((seq) => ({ ...call(seq)[1], at: seq * 10_000 }));
  buffer.rewind({ first, updates }, 5000);
  assert.deepEqual(seqs(buffer.release(45_000)), [1, 2]);
  assert.equal(buffer.replica.position.seq, 2);
  assert.equal(buffer.nextDue, 55_000);
});

test("a pause holds and counts updates; its end releases them at once", () => {
  const buffer = begin();
  buffer.paused = true;
  buffer.add([call(2)], 1000);
  buffer.add([snapshot(9)], 2000);
  assert.equal(buffer.nextDue, null);
  assert.deepEqual(buffer.release(9_000_000), []);
  assert.equal(buffer.waiting, 8);
  buffer.paused = false;
  assert.deepEqual(seqs(buffer.release(9_000_000)), [2, 9]);
  assert.equal(buffer.replica.position.seq, 9);
});

test("a new history that begins during a pause is held, too", () => {
  const buffer = begin();
  buffer.paused = true;
  buffer.add([snapshot(0, "b"), call(1)], 1000);
  assert.equal(buffer.waiting, 1);
  buffer.paused = false;
  buffer.release(1000);
  assert.equal(String(buffer.replica.position), "b:1");
});

test("a viewer who explores keeps the place and sees no highlights of another place", () => {
  const view = { contest: "president", focus: "", highlight: ["OH"] };
  assert.equal(viewOf(view, null), view);
  assert.deepEqual(viewOf(view, "TX"), { focus: "TX", highlight: [] });
});

// Earlier elections

test("an earlier election has calls, votes and candidates", () => {
  const { calls, contest: then } = pastMap(president, 0);
  assert.deepEqual(calls.TX, { status: "called", party: "R" });
  assert.equal(then.title, "2016");
  assert.equal(then.races.CA.weight, 55);
  assert.equal(then.nameOf("D"), "Clinton");
  assert.equal(then.totals(calls).R, 306);
});

test("an earlier contest knows no seats held, and races without an outcome are open", () => {
  const { calls, contest: then } = pastMap(contest("lakeland-2027"), 0);
  assert.deepEqual(Object.keys(calls), ["N", "C1", "C2"]);
  assert.deepEqual(then.totals(calls), { GRN: 1, FAR: 5, LIB: 1, uncalled: 14 });
});

test("races called for another party than before have flipped", () => {
  const calls = {
    CA: { status: "called", party: "D" },
    TX: { status: "called", party: "D" },
    GA: { status: "too_close" },
  };
  assert.deepEqual(flipped(calls, president), ["TX"]);
  assert.deepEqual(flipped({ NE: { status: "called", party: "FAR" } }, contest("lakeland-2027")), []);
});

// The arrow keys

const geometry = JSON.parse(
  readFileSync(new URL("../../broadcaster/data/geometries/us-states.json", import.meta.url)),
);
const first = Object.entries(president.races).reduce(
  (found, [race, { shape }]) => ({ ...found, [shape]: found[shape] ?? race }),
  {},
);
const labels = Object.fromEntries(geometry.shapes.map(({ id, label }) => [first[id], label]));
const points = pointsOf(president, labels, geometry.view[2]);
const KEYS = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"];

test("an arrow key leads to the neighbour in its direction", () => {
  const expected = {
    TX: ["OK", "TX", "NM", "LA"],
    CO: ["WY", "NM", "UT", "KS"],
    KS: ["NE-3", "OK", "CO", "MO"],
    "NE-AL": ["SD", "NE-1", "CO", "IA"],
    WA: ["WA", "OR", "WA", "MT"],
  };
  for (const [unit, neighbours] of Object.entries(expected)) {
    assert.deepEqual(KEYS.map((key) => neighbour(points, unit, key)), neighbours, unit);
  }
});

test("arrow keys reach all 56 units from every unit", () => {
  for (const start of Object.keys(points)) {
    const seen = new Set([start]);
    for (const unit of seen) for (const key of KEYS) seen.add(neighbour(points, unit, key));
    assert.equal(seen.size, 56, start);
  }
});
