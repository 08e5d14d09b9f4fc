import assert from "node:assert/strict";
import test from "node:test";

import { contests, load } from "./modules.mjs";

const rundown = await load("broadcaster/desk/rundown.js");
const { frameMode, modeLabel, onAirText, planLabel } = await load("broadcaster/desk/show_status.js");
const { agesSummary, clockWarning, deliverySummary, processesLabel, reachedLabel, ViewerHistory } =
  await load("broadcaster/desk/delivery.js");
const { takeTarget } = await load("broadcaster/desk/take_target.js");
const { EMPTY } = await load("broadcaster/desk/draft.js");
const { unfinished } = await load("broadcaster/desk/unfinished.js");
const { lookOf, wasLookedAt } = await load("broadcaster/desk/approval.js");
const { pollsClose } = await load("broadcaster/desk/polls.js");

const { allowedCommands, changedCues, countdown, cueNotifications, cueStatus } = rundown;
const { cuesOfNewStatus } = rundown;
const { cueToMoveBefore, leftBehind, statusNote, upNext } = rundown;
const { clockTime, nextTimesAt, setTimeZone, zoneName } = await load("broadcaster/desk/clock.js");

const EASTERN = { name: "America/New_York", abbreviations: { "GMT-05:00": "EST", "GMT-04:00": "EDT" } };
setTimeZone(EASTERN);
const AT = Date.parse("2020-11-03T21:30-05:00");
const EVERYTHING = { take: true, prepare: true, confirm: true, schedule: true };

function cue(id, more = {}) {
  const change = { kind: "update", story: { headline: `Cue ${id}` } };
  const idle = { due: null, asked: null, taken: null, rejection: null, needs_approval: false };
  return { id, version: 1, title: `C${id}`, change, by: "contributor", ...idle, ...more };
}

function taken(seq) {
  return { taken: { by: "broadcaster", confirmed_by: null, seq, at: AT } };
}

test("the person who scheduled a cue is notified that it is waiting for approval", () => {
  const [was, is] = [cue(1, { due: AT }), cue(1, { asked: { by: "editor", at: AT } })];
  const [notification] = cueNotifications([was], [is], "editor");
  assert.match(notification.text, /is due\. .* another person must confirm it/);
  assert.equal(notification.isError, true);
  assert.deepEqual(cueNotifications([was], [is], "broadcaster"), []);
});

test("cues that others moved, edited, took or declined have changed", () => {
  const [one, two, three] = [cue(1), cue(2), cue(3)];
  assert.deepEqual(changedCues([one, two], [one, two, three]), []);
  assert.deepEqual(changedCues([one, two, three], [two, three]), [2, 3]);
  assert.deepEqual(changedCues([one, two], [one, { ...two, version: 2 }]), [2]);
  const own = (name, cue, after) => changedCues([one, two, three], after, [{ name, cue }]);
  assert.deepEqual(own("move", 1, [two, one, three]), [], "moved here");
  assert.deepEqual(own("remove", 1, [two, three]), [], "removed here");
  const asked = { ...two, asked: { by: "broadcaster", at: AT } };
  assert.deepEqual(changedCues([one, two], [one, asked]), [2], "its buttons are others now");
  assert.deepEqual(own("take_cue", 2, [one, asked, three]), [], "taken here");
  const edited = [one, { ...two, version: 2 }, three];
  assert.deepEqual(own("edit", 2, edited), [], "edited here");
  assert.deepEqual(own("edit", 1, edited), [2], "another cue is edited here");
  assert.deepEqual(own("take", undefined, [two, one, three]), [2, 1], "a take moves nothing");
});

test("what was said of a cue ends with its status, or with the cue", () => {
  const asked = { asked: { by: "broadcaster", at: AT } };
  const before = [cue(1, asked), cue(2, asked), cue(3), cue(4)];
  assert.deepEqual(cuesOfNewStatus(before, [cue(1, taken(7)), cue(2, asked), cue(3)]), [1, 4]);
});

test("NEXT is the first ready cue below the newest take, then from the top", () => {
  const cues = [cue(1), cue(2, taken(7)), cue(3, { due: AT }), cue(4), cue(5, taken(5))];
  assert.equal(upNext(cues).id, 4);
  assert.equal(upNext([cue(1), cue(2, taken(1))]).id, 1);
  assert.equal(upNext([cue(1, taken(1))]), undefined);
  assert.equal(upNext([cue(1), cue(2)]).id, 1);
});

test("ready cues above the newest take were left behind", () => {
  const behind = (...cues) => leftBehind(cues).map(({ id }) => id);
  assert.deepEqual(behind(cue(1, taken(5)), cue(2), cue(3, taken(7)), cue(4)), [2]);
  assert.deepEqual(behind(cue(1, taken(5)), cue(2), cue(3)), []);
  assert.deepEqual(behind(cue(1), cue(2), cue(3, taken(5))), [2]); // NEXT is cue 1
  assert.deepEqual(behind(cue(1), cue(2)), []);
});

test("a cue moves by one place before the cue that is there", () => {
  const cues = [cue(1), cue(2), cue(3)];
  assert.equal(cueToMoveBefore(cues, 3, -1), 2);
  assert.equal(cueToMoveBefore(cues, 1, 1), 3);
  assert.equal(cueToMoveBefore(cues, 2, 1), null);
  assert.equal(cueToMoveBefore(cues, 1, -1), undefined);
  assert.equal(cueToMoveBefore(cues, 3, 1), undefined);
});

test("the note of a cue is its status as a sentence", () => {
  const asked = { by: "broadcaster", at: AT };
  const note = (more, me = "editor", live = true) => statusNote(cue(1, more), AT, me, live);

  assert.equal(note({}), "");
  assert.match(note(taken(41)), /^Update 41, .*, by broadcaster$/);
  assert.match(note({ asked }), /^broadcaster took it\. It is not confirmed\.$/);
  assert.match(note({ asked }, "broadcaster"), /^You took it\./);
  const scheduled = { due: AT + 133_000, scheduled_by: "editor" };
  assert.match(note(scheduled), /^Out in 2:13, at .*editor\.$/);
  assert.match(note({ missed: { at: AT, why: "on hold" } }), /did not go out at .*: on hold/);
  assert.match(note({ rejection: "AZ is called D." }), /AZ is called D/);
  assert.equal(note({ rejection: "Off air." }, "editor", false), "");
  assert.equal(note({ declined: "editor" }), "editor declined it.");
  assert.deepEqual([{}, taken(1), { asked }, { due: AT }].map((more) => cueStatus(cue(1, more))), [
    "ready",
    "taken",
    "waiting",
    "scheduled",
  ]);
});

test("the commands for a cue depend on its status and on permissions", () => {
  const asked = { by: "broadcaster", at: AT };
  const names = (more, may, me) =>
    Object.entries(allowedCommands(cue(1, more), may, me))
      .filter(([, allowed]) => allowed)
      .map(([name]) => name);

  const everything = ["take_cue", "edit", "move", "remove", "schedule"];
  assert.deepEqual(names({}, EVERYTHING, "editor"), everything);
  assert.deepEqual(names({}, { prepare: true }, "contributor"), ["edit", "move", "remove"]);
  assert.deepEqual(names({ due: AT }, { take: true }, "broadcaster"), ["take_cue", "unschedule"]);
  assert.deepEqual(names({ asked }, { take: true, confirm: true }, "broadcaster"), ["decline"]);
  assert.deepEqual(names({ asked }, { confirm: true }, "editor"), ["confirm", "decline"]);
  assert.deepEqual(names(taken(3), { take: true, confirm: true }, "editor"), []);
});

test("a look is at one version of one take that waits", () => {
  const waiting = (version, at) => cue(1, { version, asked: { by: "broadcaster", at } });
  const look = lookOf(waiting(1, AT));
  assert.equal(wasLookedAt(waiting(1, AT), look), true);
  assert.equal(wasLookedAt(waiting(2, AT), look), false);
  assert.equal(wasLookedAt(waiting(1, AT + 9000), look), false);
  assert.equal(lookOf(cue(1)), null);
  assert.equal(wasLookedAt(cue(1), null), false);
});

test("people are notified when others take, confirm or decline their cues", () => {
  const asked = { by: "broadcaster", at: AT };
  const confirmed = { ...taken(10), taken: { ...taken(10).taken, confirmed_by: "editor" } };
  const notify = (before, after, me) =>
    cueNotifications([cue(1, before)], [cue(1, after)], me).map(({ text }) => text);

  assert.deepEqual(notify({}, { asked }, "editor"), []); // the banner asks
  assert.deepEqual(notify({ asked }, confirmed, "broadcaster"), [
    "“C1” was confirmed by editor: update 10.",
  ]);
  assert.deepEqual(notify({ asked }, { declined: "editor" }, "broadcaster"), [
    "“C1” was declined by editor. It is not on air.",
  ]);
  assert.deepEqual(notify({ asked }, { declined: "editor" }, "producer"), []);
  const withdrawn = "“C1” was withdrawn. It is not on air.";
  assert.deepEqual(notify({ asked }, {}, "broadcaster"), [withdrawn], "in another tab");
  assert.deepEqual(notify({ due: AT }, taken(7), "editor"), ["“C1” went out: update 7."]);
  assert.deepEqual(notify({ due: AT }, { missed: { at: AT, why: "on hold." } }, "editor"), [
    "“C1” did not go out: on hold.",
  ]);
  assert.deepEqual(notify({}, taken(7), "editor"), []);
  const own = (name, id, before, after) => {
    const [was, is] = [[cue(1, before)], [cue(1, after)]];
    return cueNotifications(was, is, "broadcaster", [{ name, cue: id }]).length;
  };
  assert.equal(own("decline", 1, { asked }, {}), 0, "withdrawn here");
  const declined = { declined: "editor" };
  assert.equal(own("decline", 1, { asked }, declined), 1, "declined before it was withdrawn here");
  assert.equal(own("decline", 2, { asked }, declined), 1, "another was withdrawn here");
  assert.equal(own("take_cue", 2, { asked }, declined), 1, "declined while another is taken here");
  assert.equal(own("take_cue", 1, { due: AT }, taken(7)), 0, "taken here before its time");
  assert.equal(own("edit", 1, { due: AT }, taken(7)), 1, "it went out before the edit");
});

test("people are notified when a cue that waits or is scheduled is removed", () => {
  const notify = (more, me) => cueNotifications([cue(1, more)], [], me).map(({ text }) => text);
  const words = ["“C1” was removed. It does not go out."];
  const asked = { by: "broadcaster", at: AT };
  assert.deepEqual(notify({ asked }, "broadcaster"), words);
  assert.deepEqual(notify({ due: AT }, "editor"), words);
  assert.deepEqual(notify({ asked }, "editor"), []);
  assert.deepEqual(notify({}, "editor"), []);
});

test("the newest update is on air until the broadcast has ended", () => {
  const shown = contests({ president: "us-president-2020" });
  const update = { seq: 3, at: AT, by: "editor", kind: "end", story: { headline: "Good night" } };
  assert.match(onAirText(update, "live", shown), /^On air: update 3, .*, by editor: “.*Good night.*”$/);
  const view = { kind: "update", view: { contest: "president", focus: "OH" } };
  const words = onAirText({ seq: 4, at: AT, by: "editor", ...view }, "live", shown);
  assert.match(words, /^On air: update 4, .*, by editor: view OH$/);
  assert.match(onAirText(update, "ended", shown), /^Last: update 3, /);
  assert.match(onAirText(update, "live", shown, true), /^Last known: update 3, /);
  assert.equal(onAirText(undefined, "scheduled", shown), "");
});

test("a countdown shows minutes and seconds, and hours if there are any", () => {
  assert.deepEqual([0, 40_000, 133_000, 3_733_000, -5].map(countdown), [
    "0:00",
    "0:40",
    "2:13",
    "1:02:13",
    "0:00",
  ]);
});

test("a time of day is the next one that comes", () => {
  assert.deepEqual(nextTimesAt("21:40", AT), [AT + 600_000]);
  assert.deepEqual(nextTimesAt("21:40:30", AT), [AT + 630_000]);
  assert.deepEqual(nextTimesAt("21:30", AT), [Date.parse("2020-11-04T21:30-05:00")]);
});

test("a time of day is that of the newsroom's clock, and names its zone", () => {
  assert.equal(clockTime(AT), "9:30:00 pm EST");
  assert.equal(zoneName(Date.parse("2020-07-04T12:00Z")), "EDT");
  assert.deepEqual(nextTimesAt("00:00", AT), [Date.parse("2020-11-04T00:00-05:00")]);
  setTimeZone({ name: "Pacific/Honolulu", abbreviations: {} });
  assert.equal(clockTime(AT), "4:30:00 pm GMT-10:00");
  assert.deepEqual(nextTimesAt("21:00", AT), [Date.parse("2020-11-03T21:00-10:00")]);
  setTimeZone(EASTERN);
});

test("a time that comes twice when clocks are set back is both of them, or the one that is left", () => {
  const back = (time) => Date.parse(`2020-11-01T${time}`);
  const both = [back("01:30-04:00"), back("01:30-05:00")];
  assert.deepEqual(nextTimesAt("01:30", back("00:50-04:00")), both);
  assert.deepEqual(nextTimesAt("01:30", back("01:50-04:00")), [back("01:30-05:00")]);
  assert.deepEqual(nextTimesAt("03:00", back("00:50-04:00")), [back("03:00-05:00")]);
  const tomorrow = Date.parse("2020-11-02T00:30-05:00");
  assert.deepEqual(nextTimesAt("00:30", back("00:50-04:00")), [tomorrow]);
});

test("a time that is skipped when clocks are set forward does not exist on that day", () => {
  const forward = (time) => Date.parse(`2021-03-14T${time}`);
  assert.deepEqual(nextTimesAt("02:30", forward("00:50-05:00")), []);
  const tomorrow = Date.parse("2021-03-15T02:30-04:00");
  assert.deepEqual(nextTimesAt("02:30", forward("04:00-04:00")), [tomorrow]);
});

test("the frame has the mode of the phase, and of a rehearsal in any phase", () => {
  assert.equal(frameMode({ rehearsal: false }, "held"), "held");
  assert.equal(frameMode({ rehearsal: true }, "live"), "rehearsal");
  assert.equal(modeLabel({ rehearsal: true }, "live"), "REHEARSAL · running");
  assert.equal(modeLabel({ rehearsal: false }, "live"), "● LIVE");
});

test("the planned start and end are shown with the time left", () => {
  const plan = { starts_at: AT + 65_000, ends_at: AT + 3_600_000, automatic: false };
  assert.match(planLabel(plan, "scheduled", AT), /^begins at .*, in 1:05$/);
  const automatic = { ...plan, automatic: true };
  assert.match(planLabel(automatic, "live", AT), /^ends automatically at .*, in 1:00:00$/);
  assert.match(planLabel(plan, "scheduled", AT + 95_000), /^start was planned for .*, 0:30 ago$/);
  assert.equal(planLabel(plan, "ended", AT), "");
  assert.equal(planLabel({ starts_at: null, ends_at: null }, "live", AT), "");
});

test("what is unfinished is listed: races by weight, cues with their state", () => {
  const shown = contests({ president: "us-president-2020", lakeland: "lakeland-2027" });
  const D = { status: "called", party: "D" };
  const all = Object.keys(shown.president.races).map((race) => [race, D]);
  const won = Object.fromEntries(all.filter(([race]) => !["NV", "PA"].includes(race)));
  const lakeland = Object.keys(shown.lakeland.races).map((race) => [race, D]);
  const calls = { president: won, lakeland: Object.fromEntries(lakeland) };
  const cues = [cue(1, taken(3)), cue(2, { due: AT }), cue(3)];
  assert.deepEqual(unfinished({ calls }, shown, cues), [
    { title: "Not called", items: ["president: 2 of 56: PA 20, NV 6"] },
    { title: "Not taken", items: ["C2 (scheduled), C3"] },
  ]);
});

test("the summary of a delivery has the figures that the server reported", () => {
  const [reached, expected] = [{ ws: 7118, poll: 2863 }, { ws: 7120, poll: 2867 }];
  const delivery = { seq: 41, max: 402, reached, expected };
  const complete = { ...delivery, p50: 40, p99: 310, behind: 6 };
  assert.equal(
    deliverySummary(complete),
    "Update 41 reached 9,981 of 9,987 (7,118 ws, 2,863 poll), " +
      "half within 0.04 s, 99 % within 0.31 s, still behind: 6.",
  );
  assert.equal(reachedLabel(complete), "9,981 of 9,987");
  const older = { seq: 41, max: 402, reached: 12 };
  assert.equal(deliverySummary(older), "Update 41 reached 12, the last after 0.40 s.");
  const partly = { ...delivery, p99: 310, behind: 0, unknown: 63 };
  assert.match(deliverySummary(partly), /reached 9,981 of 9,987, 63 unknown .* within 0.31 s\.$/);
});

test("a process that did not check the log for more than ten seconds is a warning", () => {
  assert.equal(agesSummary([0.2, 1]), "Processes last checked the log 0.2 s, 1.0 s ago.");
  assert.match(agesSummary([0.2, 31]), /^⚠ /);
  assert.equal(agesSummary(undefined), "");
});

test("a clock that is more than a second off is a warning", () => {
  assert.equal(clockWarning(20.04), "⚠ A server's clock is 20.0 s ahead of the database's.");
  assert.equal(clockWarning(-3), "⚠ A server's clock is 3.0 s behind the database's.");
  assert.equal(clockWarning(0.9), "");
  assert.equal(clockWarning(undefined), "");
});

test("silent processes come before those that report", () => {
  assert.equal(processesLabel({ processes: 0 }), "no viewers");
  assert.equal(processesLabel({ processes: 1, silent: 0, unknown: 0 }), "1 server process");
  assert.equal(
    processesLabel({ processes: 3, silent: 1, unknown: 1063 }),
    "⚠ 1 server process silent, with 1,063 viewers; 3 reporting",
  );
});

test("the sparkline keeps ten minutes, the newest at its right edge", () => {
  const history = new ViewerHistory();
  for (let i = 0; i < 14; i += 1) history.add(i, i * 4000);
  assert.equal(history.polyline(240, 32), "", "a stray dash");
  for (let i = 14; i < 200; i += 1) history.add(i, i * 4000);
  history.add(1000, 199 * 4000 + 1); // the same step, later
  assert.equal(history.points.length, 150);
  assert.equal(history.points.at(-1), 1000);
  assert.ok(history.polyline(240, 32).startsWith("0.0,"));
  assert.ok(history.polyline(240, 32).endsWith("240.0,0.0"));
  assert.match(history.label, /between 50 and 1,000/);
});

const SHOWN = contests({ president: "us-president-2020", lakeland: "lakeland-2027" });
const VIEW = { contest: "president", focus: "", highlight: [] };
const STORY = { headline: "Before" };
const STATE = { phase: "live", view: VIEW, calls: {}, counts: {}, story: STORY };
const HISTORY = { initial: {}, updates: [] };
const PERSON = { me: "broadcaster", may: {} };
const CONTEXT = { ...PERSON, state: STATE, history: HISTORY, now: AT, rule: "wins", contests: SHOWN };
const CORRECTION = { kind: "correct", calls: { president: { OH: { status: "retracted" } } } };

test("the target of a take is the map after the cue in Preview", () => {
  const change = { kind: "update", calls: { president: { OH: { status: "called", party: "R" } } } };
  const target = takeTarget(cue(1, { change, needs_approval: true }), EMPTY, null, CONTEXT);
  assert.equal(target.after.calls.president.OH.party, "R");
  assert.match(target.warning, /^Needs approval by another person\.$/);
  assert.deepEqual(STATE.calls, {});
});

test("the target of a take is the map after an incomplete draft, with its problem", () => {
  const target = takeTarget(null, { ...EMPTY, calls: { "president/PA": "called-D" } }, null, CONTEXT);
  assert.equal(target.after.calls.president.PA.party, "D");
  assert.equal(target.problem, "A call needs a headline.");
  assert.equal(target.complete, false);
});

test("a draft that edits a cue cannot be taken", () => {
  const draft = { ...EMPTY, calls: { "president/PA": "called-D" }, headline: "Pennsylvania" };
  const target = takeTarget(null, draft, { id: 1 }, CONTEXT);
  assert.equal(target.complete, true);
  assert.match(target.problem, /save it/);
});

test("a warning names the permission that a correction needs", () => {
  const target = takeTarget(cue(1, { change: CORRECTION }), EMPTY, null, CONTEXT);
  assert.match(target.warning, /editor/);
});

test("TAKE is blocked off air, for a cue that was taken or waits, and on hold but for corrections", () => {
  const blocked = (one, phase) =>
    takeTarget(one, EMPTY, null, { ...CONTEXT, state: { ...STATE, phase } }).blocked;
  assert.equal(blocked(cue(1), "live"), false);
  assert.equal(blocked(cue(1, taken(7)), "live"), true);
  assert.equal(blocked(cue(1, { asked: { by: "broadcaster", at: AT } }), "live"), true);
  assert.equal(blocked(cue(1), "held"), true);
  assert.equal(blocked(cue(1, { change: CORRECTION }), "held"), false);
  assert.equal(blocked(cue(1, { change: CORRECTION }), "ended"), true);
});

test("TAKE says since when a call stands, and what of a change is new", () => {
  const D = { status: "called", party: "D" };
  const calls = { president: { NV: D } };
  const history = { initial: {}, updates: [{ seq: 12, at: AT, kind: "update", calls }] };
  const context = { ...CONTEXT, history, state: { ...STATE, calls } };
  const target = (more) => {
    const change = { kind: "update", calls: { president: { NV: D, ...more } } };
    return takeTarget(cue(1, { change }), EMPTY, null, context);
  };
  const again = target({});
  const words = "Already on air: NV was called D at 9:30:00 pm EST, update 12.";
  assert.equal(again.warning, `${words} Nothing in it is new.`);
  assert.equal(again.blocked, true);
  const partly = target({ AZ: D });
  assert.equal(partly.warning, `${words} Only AZ would go out: check the headline.`);
  assert.equal(partly.blocked, false);
  assert.deepEqual(partly.news.calls, { president: { AZ: D } });
  const draft = { ...EMPTY, calls: { "president/NV": "called-D" }, headline: "Nevada" };
  const drafted = takeTarget(null, draft, null, context);
  assert.equal(drafted.warning, `${words} Nothing in it is new.`);
  assert.equal(drafted.blocked, true);
});

test("TAKE warns of polls that are open, for a cue and for a draft", () => {
  const closes = Date.parse("2027-05-02T20:00+02:00"); // in lakeland's East
  const before = { ...CONTEXT, now: closes - 1000 };
  const change = { kind: "update", calls: { lakeland: { E: { status: "called", party: "LIB" } } } };
  const warning = /^Polls are open in East, until 2:00:00 pm EDT\.$/;
  assert.match(takeTarget(cue(1, { change }), EMPTY, null, before).warning, warning);
  assert.equal(takeTarget(cue(1, { change }), EMPTY, null, { ...CONTEXT, now: closes }).warning, "");
  const draft = { ...EMPTY, calls: { "lakeland/E": "called-LIB" }, headline: "East" };
  assert.match(takeTarget(null, draft, null, before).warning, warning);
  const rating = { ...draft, calls: { "lakeland/E": "too_close" } };
  assert.equal(takeTarget(null, rating, null, before).warning, "");
});

test("the polls of a cue close with the last of its races, if that is known", () => {
  const called = { status: "called", party: "D" };
  const shown = contests({ senate: "us-senate-2024", president: "us-president-2020" });
  const close = (calls) => pollsClose({ calls }, shown);
  assert.equal(close({ senate: { CT: called, CA: called } }), shown.senate.races.CA.closes);
  assert.equal(close({ president: { OH: called } }), undefined);
  assert.equal(close(undefined), undefined);
});
