import assert from "node:assert/strict";
import test from "node:test";

import { election, load } from "./modules.mjs";

const rundown = await load("broadcaster/desk/rundown.js");
const { planned, mode, modeWords } = await load("broadcaster/desk/show_status.js");
const { ages, History, proof, reached } = await load("broadcaster/desk/delivery.js");
const { previewed } = await load("broadcaster/desk/take_target.js");
const { EMPTY } = await load("broadcaster/desk/draft.js");

const { atClock, beforeWhich, choices, countdown, moved, news, nextCue, note, standing, upNext } = rundown;

const AT = new Date(2020, 10, 3, 21, 30).getTime();
const EVERYTHING = { take: true, prepare: true, confirm: true, schedule: true };

function cue(id, more = {}) {
  const change = { kind: "update", story: { headline: `Cue ${id}` } };
  const idle = { due: null, asked: null, taken: null, refusal: null, crosses: false };
  return { id, version: 1, title: `C${id}`, change, by: "contributor", ...idle, ...more };
}

function taken(seq) {
  return { taken: { by: "broadcaster", confirmed_by: null, seq, at: AT } };
}

test("who scheduled a cue hears that it waits for a second person", () => {
  const [was, is] = [cue(1, { due: AT }), cue(1, { asked: { by: "editor", at: AT } })];
  const [heard] = news([was], [is], "editor", {});
  assert.match(heard.words, /is due, and waits for a second person/);
  assert.equal(heard.bad, true);
  assert.deepEqual(news([was], [is], "broadcaster", {}), []);
});

test("cues that stand elsewhere or read otherwise than before have moved", () => {
  const [one, two, three] = [cue(1), cue(2), cue(3)];
  assert.deepEqual(moved([one, two], [one, two, three]), []);
  assert.deepEqual(moved([one, two, three], [two, three]), [2, 3]);
  assert.deepEqual(moved([one, two], [one, { ...two, version: 2 }]), [2]);
});

test("next is the first ready cue after the newest take, then from the top", () => {
  const cues = [cue(1), cue(2, taken(7)), cue(3, { due: AT }), cue(4), cue(5, taken(5))];
  assert.equal(upNext(cues).id, 4);
  assert.equal(nextCue(cues, 4).id, 1);
  assert.equal(nextCue(cues, 1).id, 4);
  assert.equal(upNext([cue(1, taken(1))]), undefined);
  assert.equal(upNext([cue(1), cue(2)]).id, 1);
});

test("moving by one place names the cue to go before", () => {
  const cues = [cue(1), cue(2), cue(3)];
  assert.equal(beforeWhich(cues, 3, -1), 2);
  assert.equal(beforeWhich(cues, 1, 1), 3);
  assert.equal(beforeWhich(cues, 2, 1), null);
  assert.equal(beforeWhich(cues, 1, -1), undefined);
  assert.equal(beforeWhich(cues, 3, 1), undefined);
});

test("where a cue stands, in words", () => {
  const asked = { by: "broadcaster", at: AT };
  const say = (more, me = "editor", live = true) => note(cue(1, more), AT, me, live);

  assert.equal(say({}), "");
  assert.match(say(taken(41)), /^Already taken by broadcaster: update 41, /);
  assert.match(say({ asked }), /^broadcaster took it\. It waits/);
  assert.match(say({ asked }, "broadcaster"), /^You took it\./);
  assert.match(say({ due: AT + 133_000, scheduled_by: "editor" }), /^Goes out in 2:13, at .*editor\.$/);
  assert.match(say({ missed: { at: AT, why: "on hold" } }), /did not go out at .*: on hold/);
  assert.match(say({ refusal: "AZ is called D." }), /AZ is called D/);
  assert.equal(say({ refusal: "Off air." }, "editor", false), "");
  assert.deepEqual([{}, taken(1), { asked }, { due: AT }].map((more) => standing(cue(1, more))), [
    "ready",
    "taken",
    "waiting",
    "scheduled",
  ]);
});

test("who may do what with a cue", () => {
  const asked = { by: "broadcaster", at: AT };
  const names = (more, may, me) =>
    Object.entries(choices(cue(1, more), may, me))
      .filter(([, allowed]) => allowed)
      .map(([name]) => name);

  assert.deepEqual(names({}, EVERYTHING, "editor"), ["take_cue", "edit", "move", "remove", "schedule"]);
  assert.deepEqual(names({}, { prepare: true }, "contributor"), ["edit", "move", "remove"]);
  assert.deepEqual(names({ due: AT }, { take: true }, "broadcaster"), ["take_cue", "unschedule"]);
  assert.deepEqual(names({ asked }, { take: true, confirm: true }, "broadcaster"), ["decline"]);
  assert.deepEqual(names({ asked }, { confirm: true }, "editor"), ["confirm", "decline"]);
  assert.deepEqual(names(taken(3), { take: true, confirm: true }, "editor"), []);
});

test("people hear what becomes of cues that concern them", () => {
  const asked = { by: "broadcaster", at: AT };
  const confirmed = { ...taken(10), taken: { ...taken(10).taken, confirmed_by: "editor" } };
  const hear = (before, after, me, may = EVERYTHING) =>
    news([cue(1, before)], [cue(1, after)], me, may).map(({ words }) => words);

  assert.deepEqual(hear({}, { asked }, "editor"), [
    "broadcaster took “C1”. It waits for your confirmation.",
  ]);
  assert.deepEqual(hear({}, { asked }, "broadcaster"), []);
  assert.deepEqual(hear({}, { asked }, "contributor", { prepare: true }), []);
  assert.deepEqual(hear({ asked }, confirmed, "broadcaster"), [
    "“C1” was confirmed by editor: update 10.",
  ]);
  assert.deepEqual(hear({ asked }, {}, "broadcaster"), ["“C1” was declined. It is not on air."]);
  assert.deepEqual(hear({ due: AT }, taken(7), "editor"), ["“C1” went out: update 7."]);
  assert.deepEqual(hear({ due: AT }, { missed: { at: AT, why: "on hold." } }, "editor"), [
    "“C1” did not go out: on hold.",
  ]);
  assert.deepEqual(hear({}, taken(7), "editor"), []);
  assert.deepEqual(news([], [cue(2, { asked })], "editor", EVERYTHING).length, 1);
});

test("times: counting down, and the next time that a clock shows", () => {
  assert.deepEqual([0, 40_000, 133_000, 3_733_000, -5].map(countdown), [
    "0:00",
    "0:40",
    "2:13",
    "1:02:13",
    "0:00",
  ]);
  assert.equal(atClock("21:40", AT), AT + 600_000);
  assert.equal(atClock("21:40:30", AT), AT + 630_000);
  assert.equal(atClock("21:30", AT), new Date(2020, 10, 4, 21, 30).getTime());
});

test("the frame says the mode, and a rehearsal whatever its phase", () => {
  assert.equal(mode({ rehearsal: false }, "held"), "held");
  assert.equal(mode({ rehearsal: true }, "live"), "rehearsal");
  assert.equal(modeWords({ rehearsal: true }, "live"), "REHEARSAL · running");
  assert.equal(modeWords({ rehearsal: false }, "live"), "● LIVE");
});

test("the planned start and end are counted down to", () => {
  const plan = { starts_at: AT + 65_000, ends_at: AT + 3_600_000, automatic: false };
  assert.match(planned(plan, "scheduled", AT), /^begins at .*, in 1:05$/);
  assert.match(planned({ ...plan, automatic: true }, "live", AT), /^ends by itself at .*, in 1:00:00$/);
  assert.match(planned(plan, "scheduled", AT + 95_000), /^start was planned for .*, 0:30 ago$/);
  assert.equal(planned(plan, "ended", AT), "");
  assert.equal(planned({ starts_at: null, ends_at: null }, "live", AT), "");
});

test("delivery is proved with what the server knows, and no more", () => {
  const receipt = { seq: 41, ms: 402, reached: { ws: 7118, poll: 2863 }, of: { ws: 7120, poll: 2867 } };
  const whole = { ...receipt, p50: 40, p99: 310, behind: 6 };
  assert.equal(
    proof(whole),
    "Update 41 reached 9,981 of 9,987 (7,118 ws, 2,863 poll), half by 0.04 s, 99 % by 0.31 s, still behind: 6.",
  );
  assert.equal(reached(whole), "9,981 of 9,987");
  assert.equal(proof({ seq: 41, ms: 402, reached: 12 }), "Update 41 reached 12, the last after 0.40 s.");
  assert.equal(ages([0.2, 1]), "Age of each process's position: 0.2 s, 1.0 s.");
  assert.match(ages([0.2, 31]), /^⚠ /);
  assert.equal(ages(undefined), "");
});

test("the sparkline keeps ten minutes and ends at now", () => {
  const history = new History();
  for (let i = 0; i < 200; i += 1) history.add(i, i * 4000);
  history.add(1000, 199 * 4000 + 1); // the same step, later
  assert.equal(history.points.length, 150);
  assert.equal(history.points.at(-1), 1000);
  assert.ok(history.line(240, 32).startsWith("0.0,"));
  assert.ok(history.line(240, 32).endsWith("240.0,0.0"));
  assert.match(history.words, /between 50 and 1,000/);
});

test("preview shows the map after the cue, or after the draft as far as it goes", () => {
  const view = { layer: "president", focus: "US", highlight: [] };
  const state = { election: 2020, phase: "live", view, calls: {}, story: { headline: "Before" } };
  const { votes } = election(2020);
  const moment = { state, log: [], clock: AT, me: "broadcaster", may: {}, rule: "270", votes };
  const change = { kind: "update", calls: { OH: { status: "called", party: "R" } } };

  const ofCue = previewed(cue(1, { change, crosses: true }), EMPTY, null, moment);
  assert.equal(ofCue.after.calls.OH.party, "R");
  assert.match(ofCue.hindrance, /second person/);

  const draft = { ...EMPTY, calls: { PA: "called-D" } };
  const ofDraft = previewed(null, draft, null, moment);
  assert.equal(ofDraft.after.calls.PA.party, "D");
  assert.equal(ofDraft.problem, "A call needs a headline.");
  assert.equal(ofDraft.whole, false);

  const edited = previewed(null, { ...draft, headline: "Pennsylvania" }, { id: 1 }, moment);
  assert.equal(edited.whole, true);
  assert.match(edited.problem, /save it/);
  assert.deepEqual(state.calls, {});

  const correction = { kind: "correct", calls: { OH: { status: "retracted" } } };
  assert.match(previewed(cue(1, { change: correction }), EMPTY, null, moment).hindrance, /editor/);

  const off = (one, phase) => {
    return previewed(one, EMPTY, null, { ...moment, state: { ...state, phase } }).off;
  };
  assert.equal(off(cue(1), "live"), false);
  assert.equal(off(cue(1, taken(7)), "live"), true);
  assert.equal(off(cue(1), "held"), true);
  assert.equal(off(cue(1, { change: correction }), "held"), false);
  assert.equal(off(cue(1, { change: correction }), "ended"), true);
});
