import assert from "node:assert/strict";
import test from "node:test";

import { load, useLanguage, vectors } from "./modules.mjs";

const { announcements, clock, layerWords, paused, status } = await load("viewers/shared/wording.js");

const EASTERN = "America/New_York";
const NIGHT = Date.UTC(2020, 10, 4, 2, 47, 3); // 9:47:03 pm on November 3 in New York

test("a time of today is told without its date", () => {
  assert.equal(clock(NIGHT, NIGHT + 3600_000, EASTERN), "9:47:03 pm EST");
});

test("today is what it is in New York, not in UTC", () => {
  assert.equal(clock(NIGHT, Date.UTC(2020, 10, 4, 4, 59), EASTERN), "9:47:03 pm EST");
  assert.equal(clock(NIGHT, Date.UTC(2020, 10, 4, 5, 1), EASTERN), "Nov 3, 2020, 9:47:03 pm EST");
});

test("a planned time is told without seconds", () => {
  assert.equal(clock(Date.UTC(2020, 10, 4, 0), NIGHT, EASTERN, false), "7:00 pm EST");
});

test("midnight and noon", () => {
  assert.equal(clock(Date.UTC(2020, 10, 4, 5), Date.UTC(2020, 10, 4, 5), EASTERN), "12:00:00 am EST");
  assert.equal(clock(Date.UTC(2020, 6, 4, 16), Date.UTC(2020, 6, 4, 16), EASTERN), "12:00:00 pm EDT");
});

test("the log tells times alone", () => {
  assert.equal(clock(NIGHT, NIGHT, EASTERN, false, false), "9:47 pm");
});

const { time_zone: zone, times, states } = vectors("wording");

for (const { at, language, clock: text, hour } of times) {
  test(`as the server: ${text}`, async () => {
    await useLanguage(language);
    const told = [clock(at, Date.now(), zone), clock(at, at, zone, false, false)];
    await useLanguage();
    assert.deepEqual(told, [text, hour]);
  });
}

for (const { phase, planned, language, words } of states) {
  test(`as the server: ${words}`, async () => {
    await useLanguage(language);
    const told = status(phase, 5, planned ? 9 : null).words;
    await useLanguage();
    assert.equal(told, words);
  });
}

test("one, and more than one, in Spanish", async () => {
  await useLanguage("es");
  const told = [paused(0), paused(1), paused(3)];
  await useLanguage();
  assert.deepEqual(told, [
    "En pausa. No hay actualizaciones pendientes.",
    "En pausa. 1 actualización pendiente.",
    "En pausa. 3 actualizaciones pendientes.",
  ]);
});

test("the page says how it stands", () => {
  assert.deepEqual(status("live", 5, null), { words: "Live, as of", at: 5 });
  assert.deepEqual(status("scheduled", 5, 9), { words: "Begins", at: 9 });
  assert.deepEqual(status("scheduled", 5, null), { words: "Not started", at: null });
  assert.deepEqual(status("offline", 5, 9), { words: "Offline, last known", at: 5 });
});

test("a paused page says how much waits", () => {
  assert.equal(paused(0), "Paused. No update waits.");
  assert.equal(paused(1), "Paused. 1 update waits.");
  assert.equal(paused(3), "Paused. 3 updates wait.");
});

test("the page says what the map shows instead of tonight", () => {
  const then = { year: 2008, candidates: { D: "Obama", R: "McCain" }, votes: { CA: 55, TX: 34 } };
  const calls = { CA: { party: "D" }, TX: { party: "R" } };
  assert.equal(layerWords("2008", then, calls), "The map shows 2008: Obama (D) 55, McCain (R) 34");
  assert.equal(layerWords("swing", then, calls), "Outlined: another party than in 2004");
});

const nameOf = (unit) => ({ PA: "Pennsylvania", GA: "Georgia" })[unit] ?? unit;
const resultOf = ({ status: words }) => words;
const whole = (pieces) => pieces && pieces.map(({ text }) => text).join("");
function told(updates, winner = "", before = "") {
  const { notice, alert } = announcements(updates, nameOf, resultOf, before, winner);
  return { notice: whole(notice), alert: whole(alert) };
}
const story = (headline, announce = "polite") => ({ kind: "update", story: { headline, announce } });
const nothing = { notice: null, alert: null };

test("one sentence for an update: its headline", () => {
  const calls = { PA: { status: "called", party: "D" } };
  const update = { ...story("Pennsylvania called"), calls };
  assert.deepEqual(told([update]), { notice: "Pennsylvania called", alert: null });
});

test("who passes 270 is named", () => {
  const { notice } = told([story("Pennsylvania called")], "Biden");
  assert.equal(notice, "Pennsylvania called. Biden has passed 270.");
});

test("who falls below 270 is named, and who stays above is not", () => {
  const correction = { ...story("Correction"), kind: "correct" };
  assert.equal(told([correction], "", "Biden").alert, "Correction. Biden no longer has 270.");
  assert.equal(told([story("Next")], "Biden", "Biden").notice, "Next");
});

test("the newsroom's words are told as English, ours in the language of the page", async () => {
  await useLanguage("es");
  const { notice } = announcements([story("Pennsylvania called")], nameOf, resultOf, "", "Biden");
  await useLanguage();
  assert.deepEqual(notice, [
    { text: "Pennsylvania called", lang: "en" },
    { text: ". Biden superó los 270.", lang: "es" },
  ]);
});

test("several at once: the newest", () => {
  assert.equal(told([story("One"), story("Two")]).notice, "Two");
});

test("without a headline: what changed", () => {
  const some = { PA: { status: "too close" }, GA: { status: "too early" } };
  const { notice } = told([{ kind: "update", calls: some }]);
  assert.equal(notice, "Pennsylvania: too close; Georgia: too early");
  const many = Object.fromEntries(["A", "B", "C", "D"].map((unit) => [unit, {}]));
  assert.equal(told([{ kind: "update", calls: many }]).notice, "4 states have changed");
});

test("a correction interrupts, and so does a story that wants to", () => {
  const correction = { ...story("Correction"), kind: "correct" };
  assert.deepEqual(told([correction]), { notice: null, alert: "Correction" });
  assert.deepEqual(told([correction, story("Next")]), { notice: "Next", alert: "Correction" });
  assert.equal(told([story("Attention", "assertive")]).alert, "Attention");
});

test("silence for a view, a story that asks for it, and no updates", () => {
  assert.deepEqual(told([{ kind: "update", view: { focus: "OH" } }]), nothing);
  assert.deepEqual(told([story("Pssst", "none")], "Biden"), nothing);
  assert.deepEqual(told([]), nothing);
});
