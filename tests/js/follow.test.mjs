// The follower, with a fake network and a clock that the test moves.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { contests, load, vectors } from "./modules.mjs";

const { Follower } = await load("viewers/follow/follow.js");
const { ViewerSession } = await load("viewers/follow/session.js");
const { frames, contests: ids } = vectors("session");
const shown = contests(ids);

let sockets; // all that were opened, oldest first
let requests;
let reported; // the events, "answering", "waiting" and "over", in order
let timers; // by number: {at, act}
let now; // milliseconds

/** Let time pass, and run the timers that are due in order. */
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

  receive(frame) {
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
  const snapshot = frames["snapshot a:1"];
  const session = new ViewerSession({ contests: shown, snapshot, random: () => 1, ...options });
  const follower = new Follower(session, "https://example.org/broadcasts/night/", {
    onEvents: (events) =>
      reported.push(...(events.length ? events.map(([event]) => event) : ["answering"])),
    onWaiting: () => reported.push("waiting"),
    onOver: () => reported.push("over"),
  });
  follower.start();
  tick(0);
  return follower;
}

const settled = () => new Promise(setImmediate);

beforeEach(() => {
  [sockets, requests, reported] = [[], [], []];
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

afterEach(() => {
  mock.restoreAll();
  delete globalThis.document;
});

test("the follower connects at once, from the position of the page", () => {
  follow();
  assert.equal(sockets[0].url, "wss://example.org/broadcasts/night/ws?v=2&since=a%3A1");
  sockets[0].onopen();
  sockets[0].receive("update 2");
  assert.deepEqual(reported, ["update"]);
});

test("the follower reconnects from its position, after the session's delay", () => {
  follow();
  sockets[0].receive("update 2");
  sockets[0].end(1006);
  assert.deepEqual(reported, ["update", "waiting"]);
  tick(499);
  assert.equal(sockets.length, 1);
  tick(1);
  assert.match(sockets[1].url, /since=a%3A2$/);
});

test("the follower closes a connection after a gap and ignores its further frames", () => {
  follow();
  sockets[0].receive("update 3");
  assert.ok(sockets[0].closed);
  sockets[0].receive("update 2");
  sockets[0].end(1006);
  assert.deepEqual(reported, ["gap", "waiting"]);
});

test("the follower falls back to polling when no frame comes in time", () => {
  follow();
  sockets[0].onopen();
  tick(5000);
  assert.ok(sockets[0].closed);
  tick(500);
  assert.equal(requests[0].url, "https://example.org/broadcasts/night/updates?v=2&since=a%3A1");
});

test("a poll follows each answered poll at once", async () => {
  follow({ transports: ["poll"] });
  requests[0].answer("update 2");
  await settled();
  tick(0);
  assert.match(requests[1].url, /since=a%3A2$/);
  assert.deepEqual(reported, ["update"]);
});

test("a poll rejected with 503 is repeated after a delay", async () => {
  follow({ transports: ["poll"] });
  requests[0].answer("", 503);
  await settled();
  assert.deepEqual(reported, ["waiting"]);
  tick(500);
  assert.deepEqual(requests.map(({ method }) => method), ["GET", "HEAD", "GET"]);
});

test("a poll after a failure comes with a HEAD request that finds the server", async () => {
  follow({ transports: ["poll"] });
  requests[0].answer("", 503);
  await settled();
  tick(500);
  requests[1].answer("");
  await settled();
  assert.deepEqual(reported, ["waiting", "answering"]);
  requests[2].answer("heartbeat a:1");
  await settled();
  tick(0);
  assert.equal(requests[3].method, "GET");
  assert.equal(requests.length, 4);
});

test("a HEAD request that is rejected reports nothing", async () => {
  follow({ transports: ["poll"] });
  requests[0].answer("", 503);
  await settled();
  tick(500);
  requests[1].answer("", 503);
  await settled();
  assert.deepEqual(reported, ["waiting"]);
});

test("no poll follows one answered with 404", async () => {
  follow({ transports: ["poll"] });
  requests[0].answer("", 404);
  await settled();
  assert.deepEqual(reported, ["over"]);
});

test("a network that comes back does not reconnect an ended broadcast", () => {
  const follower = follow();
  sockets[0].receive("bye 4001");
  sockets[0].end(4001);
  follower.restart();
  tick(60_000);
  assert.deepEqual(reported, ["bye", "over"]);
  assert.equal(sockets.length, 1);
});

test("a page that is shown again after the end reconnects once", () => {
  const follower = follow();
  sockets[0].receive("bye 4001");
  sockets[0].end(4001);
  follower.check();
  tick(0);
  assert.equal(sockets.length, 2);
  sockets[1].receive("snapshot b:0");
  assert.deepEqual(reported, ["bye", "over", "snapshot"]);
});

test("a visible page reconnects within three minutes after the end", () => {
  for (const [hidden, connections] of [[true, 1], [false, 2]]) {
    sockets = [];
    globalThis.document = { hidden };
    follow();
    sockets[0].receive("bye 4001");
    sockets[0].end(4001);
    tick(179_000);
    assert.equal(sockets.length, 1);
    tick(1000);
    tick(0);
    assert.equal(sockets.length, connections);
  }
});

test("a poll ends while the tab is hidden, and is made again when it is shown", () => {
  globalThis.document = { hidden: false };
  const follower = follow({ transports: ["poll"] });
  globalThis.document.hidden = true;
  follower.rest();
  assert.ok(requests[0].signal.aborted);
  tick(60_000);
  assert.equal(requests.length, 1);
  globalThis.document.hidden = false;
  follower.check();
  assert.equal(requests.length, 2);
  assert.deepEqual(reported, []);
});

test("a tab that opens hidden makes no poll until it is shown", () => {
  globalThis.document = { hidden: true };
  const follower = follow({ transports: ["poll"] });
  assert.equal(requests.length, 0);
  globalThis.document.hidden = false;
  follower.check();
  assert.equal(requests.length, 1);
});

test("a hidden tab keeps its WebSocket", () => {
  globalThis.document = { hidden: true };
  const follower = follow();
  follower.rest();
  assert.ok(!sockets[0].closed);
});

test("a machine that wakes from sleep notices a dead connection within seconds", () => {
  follow();
  sockets[0].receive("heartbeat a:1");
  now += 3600_000;
  for (const timer of timers.values()) timer.at += 3600_000;
  tick(5000);
  assert.ok(sockets[0].closed);
});

test("a clock that is set back does not delay the deadline", () => {
  follow();
  now -= 3600_000;
  for (const timer of timers.values()) timer.at -= 3600_000;
  tick(10_000);
  assert.ok(sockets[0].closed);
});

test("a tab that is shown again reconnects without the delay", () => {
  const follower = follow();
  sockets[0].end(4200);
  follower.check();
  assert.equal(sockets.length, 2);
  tick(4999);
  assert.equal(sockets.length, 2);
});

test("a tab that is shown again after the deadline closes its connection", () => {
  const follower = follow();
  sockets[0].receive("heartbeat a:1");
  now += 3600_000; // no timer ran: the machine slept
  follower.check();
  assert.ok(sockets[0].closed);
});

test("a network that comes back replaces the connection at once", () => {
  const follower = follow();
  sockets[0].receive("heartbeat a:1");
  follower.restart();
  assert.ok(sockets[0].closed);
  assert.equal(sockets.length, 2);
});

test("after a network comes back, earlier failures do not lengthen the delay", () => {
  const follower = follow();
  sockets[0].receive("heartbeat a:1");
  for (let failures = 0; failures < 8; failures++) {
    sockets.at(-1).end(1006);
    tick(30_000);
  }
  follower.restart();
  const { length } = sockets;
  sockets.at(-1).end(1006);
  tick(1000);
  assert.equal(sockets.length, length + 1);
});

test("a page that is left aborts its poll and reports nothing", async () => {
  const follower = follow({ transports: ["poll"] });
  follower.stop();
  await settled();
  tick(60_000);
  assert.ok(requests[0].signal.aborted);
  assert.equal(requests.length, 1);
  assert.deepEqual(reported, []);
});
