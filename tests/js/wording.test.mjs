import assert from "node:assert/strict";
import test from "node:test";

import { load, useLanguage, vectors } from "./modules.mjs";

const { announcements, clock, layerWords, paused, status } = await load(
  "viewers/shared/wording.js",
);

const EASTERN = "America/New_York";
const NIGHT = Date.UTC(2020, 10, 4, 2, 47, 3); // 9:47:03 pm on November 3 in New York

test("a time of today has no date", () => {
  assert.equal(clock(NIGHT, NIGHT + 3600_000, EASTERN), "9:47:03 pm EST");
});

test("today is a day in New York, not in UTC", () => {
  assert.equal(clock(NIGHT, Date.UTC(2020, 10, 4, 4, 59), EASTERN), "9:47:03 pm EST");
  assert.equal(clock(NIGHT, Date.UTC(2020, 10, 4, 5, 1), EASTERN), "Nov 3, 2020, 9:47:03 pm EST");
});

test("a planned time has no seconds", () => {
  assert.equal(clock(Date.UTC(2020, 10, 4, 0), NIGHT, EASTERN, false), "7:00 pm EST");
});

test("midnight is 12 am and noon 12 pm", () => {
  const [midnight, noon] = [Date.UTC(2020, 10, 4, 5), Date.UTC(2020, 6, 4, 16)];
  assert.equal(clock(midnight, midnight, EASTERN), "12:00:00 am EST");
  assert.equal(clock(noon, noon, EASTERN), "12:00:00 pm EDT");
});

test("a time in the log has neither seconds nor zone", () => {
  assert.equal(clock(NIGHT, NIGHT, EASTERN, false, false), "9:47 pm");
});

const { time_zone: zone, times, states } = vectors("wording");

for (const { at, language, clock: text, hour } of times) {
  test(`the time has the server's words: ${text}`, async () => {
    await useLanguage(language);
    const found = [clock(at, Date.now(), zone), clock(at, at, zone, false, false)];
    await useLanguage();
    assert.deepEqual(found, [text, hour]);
  });
}

for (const { phase, planned, language, words } of states) {
  test(`the status has the server's words: ${words}`, async () => {
    await useLanguage(language);
    const found = status(phase, 5, planned ? 9 : null).words;
    await useLanguage();
    assert.equal(found, words);
  });
}

test("Spanish texts have a singular and a plural", async () => {
  await useLanguage("es");
  const found = [paused(0), paused(1), paused(3)];
  await useLanguage();
  assert.deepEqual(found, [
    "En pausa. No hay actualizaciones pendientes.",
    "En pausa. 1 actualización pendiente.",
    "En pausa. 3 actualizaciones pendientes.",
  ]);
});

test("the status has words and a time", () => {
  assert.deepEqual(status("live", 5, null), { words: "Live, as of", at: 5 });
  assert.deepEqual(status("scheduled", 5, 9), { words: "Begins", at: 9 });
  assert.deepEqual(status("scheduled", 5, null), { words: "Not started", at: null });
  assert.deepEqual(status("offline", 5, 9), { words: "Offline, last known", at: 5 });
});

test("a paused page has the number of updates that wait", () => {
  assert.equal(paused(0), "Paused. No update waits.");
  assert.equal(paused(1), "Paused. 1 update waits.");
  assert.equal(paused(3), "Paused. 3 updates wait.");
});

test("a layer has words for what the map shows", () => {
  const candidates = { D: "Obama", R: "McCain" };
  const earlier = { year: 2008, candidates, votes: { CA: 55, TX: 34 } };
  const calls = { CA: { party: "D" }, TX: { party: "R" } };
  const words = "The map shows 2008: Obama (D) 55, McCain (R) 34";
  assert.equal(layerWords("2008", earlier, calls), words);
  assert.equal(layerWords("swing", earlier, calls), "Outlined: another party than in 2004");
});

const nameOf = (unit) => ({ PA: "Pennsylvania", GA: "Georgia" })[unit] ?? unit;
const resultOf = ({ status: words }) => words;
const whole = (pieces) => pieces && pieces.map(({ text }) => text).join("");
function announced(updates, winner = "", before = "") {
  const { notice, alert } = announcements(updates, nameOf, resultOf, before, winner);
  return { notice: whole(notice), alert: whole(alert) };
}
const story = (headline, announce = "polite") => ({
  kind: "update",
  story: { headline, announce },
});
const nothing = { notice: null, alert: null };

test("the announcement of an update is its headline", () => {
  const calls = { PA: { status: "called", party: "D" } };
  const update = { ...story("Pennsylvania called"), calls };
  assert.deepEqual(announced([update]), { notice: "Pennsylvania called", alert: null });
});

test("a candidate who passes 270 is named", () => {
  const { notice } = announced([story("Pennsylvania called")], "Biden");
  assert.equal(notice, "Pennsylvania called. Biden has passed 270.");
});

test("a candidate who falls below 270 is named, and one who stays above is not", () => {
  const correction = { ...story("Correction"), kind: "correct" };
  assert.equal(announced([correction], "", "Biden").alert, "Correction. Biden no longer has 270.");
  assert.equal(announced([story("Next")], "Biden", "Biden").notice, "Next");
});

test("headlines are marked as English, other texts as the language of the page", async () => {
  await useLanguage("es");
  const { notice } = announcements([story("Pennsylvania called")], nameOf, resultOf, "", "Biden");
  await useLanguage();
  assert.deepEqual(notice, [
    { text: "Pennsylvania called", lang: "en" },
    { text: ". Biden superó los 270.", lang: "es" },
  ]);
});

test("several updates at once announce the newest", () => {
  assert.equal(announced([story("One"), story("Two")]).notice, "Two");
});

test("an update without a headline announces what changed", () => {
  const some = { PA: { status: "too close" }, GA: { status: "too early" } };
  const { notice } = announced([{ kind: "update", calls: some }]);
  assert.equal(notice, "Pennsylvania: too close; Georgia: too early");
  const many = Object.fromEntries(["A", "B", "C", "D"].map((unit) => [unit, {}]));
  assert.equal(announced([{ kind: "update", calls: many }]).notice, "4 states have changed");
});

test("a correction is an alert, and so is an assertive story", () => {
  const correction = { ...story("Correction"), kind: "correct" };
  assert.deepEqual(announced([correction]), { notice: null, alert: "Correction" });
  assert.deepEqual(announced([correction, story("Next")]), { notice: "Next", alert: "Correction" });
  assert.equal(announced([story("Attention", "assertive")]).alert, "Attention");
});

test("a view, a story without announcement and no updates announce nothing", () => {
  assert.deepEqual(announced([{ kind: "update", view: { focus: "OH" } }]), nothing);
  assert.deepEqual(announced([story("Pssst", "none")], "Biden"), nothing);
  assert.deepEqual(announced([]), nothing);
});
