import assert from "node:assert/strict";
import test from "node:test";

import { load } from "./modules.mjs";

const { Player } = await load("viewers/replay/player.js");
const { elapsed } = await load("viewers/shared/wording.js");

test("a player goes on where it was paused, and stops at the end", () => {
  const player = new Player(10_000, 2_000);
  assert.equal(player.at(500), 2_000);
  player.play(1_000);
  assert.equal(player.at(2_500), 3_500);
  player.pause(3_000);
  assert.equal(player.at(99_000), 4_000);
  player.play(99_000);
  assert.equal(player.at(200_000), 10_000);
});

test("a player at its end starts from the beginning", () => {
  const player = new Player(10_000, 10_000);
  player.play(50);
  assert.equal(player.at(60), 10);
});

test("a new speed applies from then on", () => {
  const player = new Player(100_000);
  player.play(0);
  player.setSpeed(60, 100);
  assert.equal(player.at(200), 100 + 60 * 100);
  player.seek(50_000, 200);
  assert.equal(player.at(300), 56_000);
  player.seek(-5, 300);
  assert.equal(player.at(300), 0);
});

test("a joined player has the common position, which is below 0 before the start", () => {
  const player = new Player(10_000);
  player.setSpeed(60, 0);
  player.join(5_000);
  assert.equal(player.at(3_000), -2_000);
  assert.equal(player.at(9_000), 4_000);
  player.pause(3_000);
  assert.equal(player.at(9_000), 0);
});

test("elapsed time is in hours, minutes and seconds", () => {
  assert.equal(elapsed(0), "0:00:00");
  assert.equal(elapsed(4_559_999), "1:15:59");
});
