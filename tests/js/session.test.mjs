import assert from "node:assert/strict";
import test from "node:test";

import { contests, load, vectors } from "./modules.mjs";

const { ViewerSession } = await load("viewers/follow/session.js");
const { frames, cases, contests: ids } = vectors("session");

function close(found, expected, what) {
  assert.ok(Math.abs(found - expected) < 1e-6, `${what}: ${found} is not ${expected}`);
}

const steps = {
  attempt(session, { at, gives }) {
    const found = session.attempt(at);
    if (gives === null) return assert.equal(found, null);
    assert.equal(found.transport, gives.transport);
    assert.equal(found.since, gives.since);
    close(found.delay, gives.delay, "delay");
  },
  opened(session) {
    session.opened();
  },
  receive(session, { at, frame, events, position, failed = false }) {
    const text = typeof frames[frame] === "string" ? frames[frame] : JSON.stringify(frames[frame]);
    const found = session.handleFrame(text, at);
    assert.deepEqual(found.map(([event]) => event), events);
    assert.equal(session.since, position);
    assert.equal(session.failed, failed);
  },
  ended(session, { at, code }) {
    session.ended(at, code);
  },
  timed_out(session, { at }) {
    session.timedOut(at);
  },
};

for (const { name, transports, start, random, steps: script } of cases) {
  test(name, () => {
    const numbers = [...random];
    const session = new ViewerSession({
      contests: contests(ids),
      snapshot: start && frames[start],
      transports,
      random: () => numbers.shift(),
    });
    for (const step of script) {
      steps[step.do](session, step);
      if ("deadline" in step) close(session.deadline, step.deadline, "deadline");
      if ("over" in step) assert.equal(session.over, step.over);
    }
    assert.deepEqual(numbers, [], "random numbers are left");
  });
}
