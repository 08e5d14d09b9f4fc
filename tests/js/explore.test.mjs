import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { election, load, vectors } from "./modules.mjs";

const { Showing, flipped, neighbour, pastMap, pointsOf, viewOf } = await load("viewers/shared/explore.js");
const { frames } = vectors("session");
const { votes } = election(2020);

// What is shown, and when

const snapshot = (seq, epoch = "a") => [
  "snapshot",
  { ...frames["snapshot a:1"], seq, epoch },
];
const call = (seq) => [
  "update",
  { seq, at: seq, kind: "update", calls: { PA: { status: "called", party: "D" } } },
];
const begin = () => new Showing(frames["snapshot a:1"]);
const seqs = (events) => events.map(([, { seq }]) => seq);

test("by default everything is shown at once", () => {
  const showing = begin();
  showing.hear([call(2), call(3), ["heartbeat"]], 1000);
  assert.equal(showing.next, 1000);
  assert.deepEqual(seqs(showing.show(1000)), [2, 3]);
  assert.equal(showing.replica.state.calls.PA.party, "D");
  assert.equal(showing.waiting, 0);
  assert.equal(showing.next, null);
});

test("a delay shows each update that much later, in order", () => {
  const showing = begin();
  showing.delay = 30_000;
  showing.hear([call(2)], 1000);
  showing.hear([call(3)], 2000);
  assert.deepEqual(showing.show(30_999), []);
  assert.equal(showing.waiting, 2);
  assert.deepEqual(seqs(showing.show(31_000)), [2]);
  assert.equal(showing.next, 32_000);
  showing.delay = 0;
  assert.deepEqual(seqs(showing.show(31_000)), [3]);
});

test("under a delay the page begins with what stood then, by the server's clock", () => {
  const showing = begin();
  showing.delay = 30_000;
  const first = { ...frames["snapshot a:1"], seq: 0, at: 1000 };
  const updates = [1, 2, 3].map((seq) => ({ ...call(seq)[1], at: seq * 10_000 }));
  showing.rewind({ first, updates }, 5000);
  assert.deepEqual(seqs(showing.show(45_000)), [1, 2]);
  assert.equal(showing.replica.position.seq, 2);
  assert.equal(showing.next, 55_000);
});

test("a pause freezes the page and counts; resuming catches up at once", () => {
  const showing = begin();
  showing.paused = true;
  showing.hear([call(2)], 1000);
  showing.hear([snapshot(9)], 2000);
  assert.equal(showing.next, null);
  assert.deepEqual(showing.show(9_000_000), []);
  assert.equal(showing.waiting, 8);
  showing.paused = false;
  assert.deepEqual(seqs(showing.show(9_000_000)), [2, 9]);
  assert.equal(showing.replica.position.seq, 9);
});

test("a history that starts over while paused waits, too", () => {
  const showing = begin();
  showing.paused = true;
  showing.hear([snapshot(0, "b"), call(1)], 1000);
  assert.equal(showing.waiting, 1);
  showing.paused = false;
  showing.show(1000);
  assert.equal(String(showing.replica.position), "b:1");
});

test("whoever explores keeps the place, and loses the highlights that belong to another", () => {
  const view = { layer: "president", focus: "US", highlight: ["OH"] };
  assert.equal(viewOf(view, null), view);
  assert.deepEqual(viewOf(view, "TX"), { layer: "president", focus: "TX", highlight: [] });
});

// Earlier elections

const past = [
  { year: 2016, candidates: { D: "Clinton", R: "Trump" }, winners: "DR", votes: [55, 38] },
  { year: 2012, candidates: { D: "Obama", R: "Romney" }, winners: "DD", votes: [55, 38] },
];

test("an earlier election is a map like tonight's", () => {
  const { calls, election: then } = pastMap(past, 2016, ["CA", "TX"]);
  assert.deepEqual(calls.TX, { status: "called", party: "R" });
  assert.deepEqual(then.votes, { CA: 55, TX: 38 });
  assert.deepEqual(then.before, { CA: "D", TX: "D" });
  assert.equal(then.candidates.D, "Clinton");
});

test("what is called for another party than the last time has flipped", () => {
  const calls = {
    CA: { status: "called", party: "D" },
    TX: { status: "called", party: "D" },
    GA: { status: "too_close" },
  };
  assert.deepEqual(flipped(calls, { CA: "D", TX: "R", GA: "R" }), ["TX"]);
  assert.deepEqual(flipped(calls, {}), []);
});

// Where the arrow keys lead

const { states } = JSON.parse(
  readFileSync(new URL("../../broadcaster/data/us_map.json", import.meta.url)),
);
const shapes = Object.fromEntries(
  Object.entries(states).map(([state, { label }]) => [
    ["ME", "NE"].includes(state) ? `${state}-AL` : state,
    label,
  ]),
);
const points = pointsOf(Object.keys(votes), shapes);
const KEYS = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"];

test("arrows lead to the neighbour in their direction", () => {
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

test("arrows reach all 56 units from each of them", () => {
  for (const start of Object.keys(points)) {
    const seen = new Set([start]);
    for (const unit of seen) for (const key of KEYS) seen.add(neighbour(points, unit, key));
    assert.equal(seen.size, 56, start);
  }
});
