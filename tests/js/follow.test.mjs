// The follower with a network and a clock that the test moves.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { election, load, vectors } from "./modules.mjs";

const { Follower } = await load("viewers/follow/follow.js");
const { ViewerSession } = await load("viewers/follow/session.js");
const { frames } = vectors("session");
const { votes } = election(2020);

let sockets; // all that were made, oldest first
let requests;
let told;
let timers; // by number: when, and what then
let now; // milliseconds

/** Let time pass: what falls due is done in order. */
function tick(duration) {
  const end = now + duration;
  for (;;) {
    const [next] = [...timers].sort((a, b) => a[1].at - b[1].at);
    if (!next || next[1].at > end) break;
    timers.delete(next[0]);
    now = Math.max(now, next[1].at);
    next[1].act();
  }
  now = end;
}

class FakeWebSocket {
  constructor(url) {
    this.url = String(url);
    this.closed = false;
    sockets.push(this);
  }

  say(frame) {
    this.onmessage?.({ data: JSON.stringify(frames[frame]) });
  }

  end(code) {
    this.onclose?.({ code });
  }

  close() {
    this.closed = true;
  }
}

function fakeFetch(url, { method = "GET", signal }) {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
    requests.push({
      url: String(url),
      method,
      signal,
      answer: (frame, status = 200) =>
        resolve({ ok: status === 200, status, text: async () => JSON.stringify(frames[frame]) }),
    });
  });
}

function follow(options) {
  const session = new ViewerSession({ votes, snapshot: frames["snapshot a:1"], random: () => 1, ...options });
  const follower = new Follower(session, "https://example.org/broadcasts/night/", {
    heard: (events) => told.push(...(events.length ? events.map(([event]) => event) : ["there"])),
    waiting: () => told.push("waiting"),
    over: () => told.push("over"),
  });
  follower.start();
  tick(0);
  return follower;
}

const settled = () => new Promise(setImmediate);

beforeEach(() => {
  [sockets, requests, told] = [[], [], []];
  timers = new Map();
  now = 1_000_000;
  let count = 0;
  mock.method(Date, "now", () => now);
  mock.method(globalThis, "clearTimeout", (timer) => timers.delete(timer));
  mock.method(globalThis, "setTimeout", (act, delay) => {
    timers.set(++count, { at: now + delay, act });
    return count;
  });
  mock.method(globalThis, "fetch", fakeFetch);
  globalThis.WebSocket = FakeWebSocket;
});

afterEach(() => mock.restoreAll());

test("connects at once, from where the page stands", () => {
  follow();
  assert.equal(sockets[0].url, "wss://example.org/broadcasts/night/ws?since=a%3A1");
  sockets[0].onopen();
  sockets[0].say("update 2");
  assert.deepEqual(told, ["update"]);
});

test("comes back from where it was, after the time that the session says", () => {
  follow();
  sockets[0].say("update 2");
  sockets[0].end(1006);
  assert.deepEqual(told, ["update", "waiting"]);
  tick(499);
  assert.equal(sockets.length, 1);
  tick(1);
  assert.match(sockets[1].url, /since=a%3A2$/);
});

test("closes a connection that is of no more use, and hears nothing from it", () => {
  follow();
  sockets[0].say("update 3");
  assert.ok(sockets[0].closed);
  sockets[0].say("update 2");
  sockets[0].end(1006);
  assert.deepEqual(told, ["gap", "waiting"]);
});

test("falls back when nothing is heard in time", () => {
  follow();
  sockets[0].onopen();
  tick(5000);
  assert.ok(sockets[0].closed);
  tick(500);
  assert.equal(requests[0].url, "https://example.org/broadcasts/night/updates?since=a%3A1");
});

test("polls follow one another", async () => {
  follow({ transports: ["poll"] });
  requests[0].answer("update 2");
  await settled();
  tick(0);
  assert.match(requests[1].url, /since=a%3A2$/);
  assert.deepEqual(told, ["update"]);
});

test("a poll refused with 503 waits", async () => {
  follow({ transports: ["poll"] });
  requests[0].answer("", 503);
  await settled();
  assert.deepEqual(told, ["waiting"]);
  tick(500);
  assert.deepEqual(requests.map(({ method }) => method), ["GET", "HEAD", "GET"]);
});

test("a poll after a failure knocks, and is told at once that the server is there", async () => {
  follow({ transports: ["poll"] });
  requests[0].answer("", 503);
  await settled();
  tick(500);
  requests[1].answer("");
  await settled();
  assert.deepEqual(told, ["waiting", "there"]);
  requests[2].answer("heartbeat a:1");
  await settled();
  tick(0);
  assert.equal(requests[3].method, "GET");
  assert.equal(requests.length, 4);
});

test("a door that stays shut says nothing", async () => {
  follow({ transports: ["poll"] });
  requests[0].answer("", 503);
  await settled();
  tick(500);
  requests[1].answer("", 503);
  await settled();
  assert.deepEqual(told, ["waiting"]);
});

test("a poll answered with 404 is the last", async () => {
  follow({ transports: ["poll"] });
  requests[0].answer("", 404);
  await settled();
  assert.deepEqual(told, ["over"]);
});

test("the end is the end, also for a network that comes back", () => {
  const follower = follow();
  sockets[0].say("bye 4001");
  sockets[0].end(4001);
  follower.restart();
  tick(60_000);
  assert.deepEqual(told, ["bye", "over"]);
  assert.equal(sockets.length, 1);
});

test("but someone who looks at the page again asks once more: it may have started over", () => {
  const follower = follow();
  sockets[0].say("bye 4001");
  sockets[0].end(4001);
  follower.hurry();
  tick(0);
  assert.equal(sockets.length, 2);
  sockets[1].say("snapshot b:0");
  assert.deepEqual(told, ["bye", "over", "snapshot"]);
});

test("and so does, now and then, whoever goes on looking", () => {
  for (const [hidden, asked] of [[true, 1], [false, 2]]) {
    sockets = [];
    globalThis.document = { hidden };
    follow();
    sockets[0].say("bye 4001");
    sockets[0].end(4001);
    tick(179_000);
    assert.equal(sockets.length, 1);
    tick(1000);
    tick(0);
    assert.equal(sockets.length, asked);
  }
});

test("a machine that wakes notices within seconds, though its timers stood still", () => {
  follow();
  sockets[0].say("heartbeat a:1");
  now += 3600_000;
  for (const timer of timers.values()) timer.at += 3600_000;
  tick(5000);
  assert.ok(sockets[0].closed);
});

test("a clock that is put back delays next to nothing", () => {
  follow();
  now -= 3600_000;
  for (const timer of timers.values()) timer.at -= 3600_000;
  tick(10_000);
  assert.ok(sockets[0].closed);
});

test("a tab that is looked at again does not wait", () => {
  const follower = follow();
  sockets[0].end(4200);
  follower.hurry();
  assert.equal(sockets.length, 2);
  tick(4999);
  assert.equal(sockets.length, 2);
});

test("a tab that slept past the deadline gives the connection up", () => {
  const follower = follow();
  sockets[0].say("heartbeat a:1");
  now += 3600_000; // no timer ran: the machine slept
  follower.hurry();
  assert.ok(sockets[0].closed);
});

test("a network that comes back gets a new connection at once", () => {
  const follower = follow();
  sockets[0].say("heartbeat a:1");
  follower.restart();
  assert.ok(sockets[0].closed);
  assert.equal(sockets.length, 2);
});

test("and does not wait for long, however often it was refused before", () => {
  const follower = follow();
  sockets[0].say("heartbeat a:1");
  for (let refused = 0; refused < 8; refused++) {
    sockets.at(-1).end(1006);
    tick(30_000);
  }
  follower.restart();
  const { length } = sockets;
  sockets.at(-1).end(1006);
  tick(1000);
  assert.equal(sockets.length, length + 1);
});

test("a page that is left closes its poll and is silent", async () => {
  const follower = follow({ transports: ["poll"] });
  follower.stop();
  await settled();
  tick(60_000);
  assert.ok(requests[0].signal.aborted);
  assert.equal(requests.length, 1);
  assert.deepEqual(told, []);
});
