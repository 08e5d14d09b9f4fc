import assert from "node:assert/strict";
import test from "node:test";

import { contest, contests, load, useLanguage, vectors } from "./modules.mjs";

const wording = await load("viewers/shared/wording.js");
const { announcements, clock, closing, facts, hour, layerWords, paused, status } = wording;
const { undecided, undecidedTexts } = wording;
const { pastMap } = await load("viewers/shared/explore.js");

const { time_zone: EASTERN, times, closings, states } = vectors("wording");
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

test("a zone is abbreviated as by the server", () => {
  const berlin = { name: "Europe/Berlin", abbreviations: { "GMT+01:00": "CET", "GMT+02:00": "CEST" } };
  assert.equal(clock(NIGHT, NIGHT, berlin), "3:47:03 am CET");
  assert.equal(clock(Date.UTC(2020, 6, 4), Date.UTC(2020, 6, 4), berlin, false), "2:00 am CEST");
});

test("a time in the log has neither seconds nor zone", () => {
  assert.equal(hour(NIGHT, EASTERN), "9:47 pm");
});

for (const { at, language, clock: text, hour: short } of times) {
  test(`the time has the server's words: ${text}`, async () => {
    await useLanguage(language);
    const found = [clock(at, Date.now(), EASTERN), hour(at, EASTERN)];
    await useLanguage();
    assert.deepEqual(found, [text, short]);
  });
}

for (const { closes, now, at, language, words } of closings) {
  test(`polls close as in the server's words: ${words}, ${now}`, async () => {
    await useLanguage(language);
    const found = closing(closes, now, EASTERN, at);
    await useLanguage();
    assert.equal(found, words);
  });
}

for (const { phase, planned, rehearsal, language, words } of states) {
  test(`the status has the server's words: ${words}`, async () => {
    await useLanguage(language);
    const found = status(phase, 5, planned ? 9 : null, { rehearsal }).words;
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
  const president = contest("us-president-2020");
  const { calls, contest: then } = pastMap(president, 0);
  assert.match(layerWords("0", then, calls), /^The map shows 2016: Clinton \(D\) \d+, Trump \(R\) 306/);
  const words = layerWords("swing", president, {}, "2016");
  assert.equal(words, "Outlined: another party than in 2016");
  assert.equal(layerWords("swing", president, {}), "Outlined: another party than before");
  assert.match(layerWords("counted", president, {}), /not calls/);
});

// Races

const lakeland = contest("lakeland-2027");
const CLOSES = lakeland.races.E.closes; // 2 pm in New York
const here = {
  calls: { N: { status: "called", party: "FAR" }, S: { status: "too_close" } },
  counts: { E: { votes: { LIB: 1500, GRN: 500 }, expected: 0.5 } },
};

test("polls close, or have closed", () => {
  assert.equal(closing(CLOSES, CLOSES - 1, EASTERN, CLOSES), "Polls close 2:00 pm EDT");
  assert.equal(closing(CLOSES, CLOSES, EASTERN, CLOSES), "Polls closed 2:00 pm EDT");
  assert.equal(closing(undefined, CLOSES, EASTERN, CLOSES), "");
});

test("the heaviest races are to be decided first, and equal ones by name", () => {
  const found = undecided(lakeland, here.calls);
  assert.deepEqual(found, ["E", "S", "W", "NE", "SW", "C1", "C2", "ABROAD"]);
});

test("a race that is to be decided has its weight, holder, and count or closing time", () => {
  const texts = (race, counts = here.counts) => {
    const found = undecidedTexts(race, lakeland, { ...here, counts }, CLOSES - 1, EASTERN, CLOSES);
    return Object.fromEntries(Object.entries(found).filter(([, text]) => text !== ""));
  };
  const east = { name: "East", weight: 3 };
  assert.deepEqual(texts("E"), {
    ...east,
    margin: "L +50.0",
    leader: "L",
    look: "purple",
    by: "+50.0",
    expected: "50% in",
    counted: "O’Hara ahead by 50.0 points, 50% of expected votes counted",
  });
  assert.deepEqual(texts("E", {}), { ...east, closes: "Polls close 2:00 pm EDT" });
  assert.deepEqual(texts("S"), { name: "South", weight: 3, status: "Too close to call" });
  const second = { name: "Capital, second seat", weight: 1, before: "2023\u00a0Liberals & <Friends>" };
  assert.deepEqual(texts("C2"), second);
});

test("the facts of a race have its result, count and history", () => {
  const found = facts("E", lakeland, here, CLOSES, EASTERN, CLOSES);
  assert.deepEqual(found, {
    unit: "East",
    "facts-votes": "seats: 3",
    "facts-result": "Not called",
    "facts-counts": "O’Hara ahead by 50.0 points, 50% of expected votes counted",
    votes: [
      { look: "purple", letter: "L", name: "O’Hara", votes: "1,500", percent: "75.0%" },
      { look: "green", letter: "G", name: "Green Alliance", votes: "500", percent: "25.0%" },
    ],
    "facts-closes": "Polls closed 2:00 pm EDT",
    "facts-before": "",
  });
  const north = facts("N", lakeland, here, CLOSES, EASTERN, CLOSES);
  assert.equal(north["facts-result"], "Farmers (Fa)");
  assert.equal(north["facts-before"], "Before: 2023\u00a0Farmers\u00a0+9.5");
  const arizona = facts("AZ", contest("us-senate-2024"), { calls: {}, counts: {} }, 0, EASTERN, 0);
  assert.equal(arizona["facts-counts"], "Gallego (D), Lake (R)");
  assert.equal(arizona["facts-before"], "Held by D");
  const ohio = facts("OH", contest("us-president-2020"), { calls: {}, counts: {} }, 0, EASTERN, 0);
  assert.equal(ohio["facts-before"], "Before: 2016\u00a0Trump\u00a0+8.1, 2012\u00a0Obama\u00a0+3.0");
});

// Announcements

const SHOWN = contests({ president: "us-president-2020" });
const whole = (pieces) => pieces && pieces.map(({ text }) => text).join("");
function announced(updates, winner = "", before = "", shown = SHOWN) {
  const [was, is] = [{ president: before }, { president: winner }];
  const { notice, alert } = announcements(updates, shown, was, is);
  return { notice: whole(notice), alert: whole(alert) };
}
const story = (headline, announce = "polite") => ({
  kind: "update",
  story: { headline, announce },
});
const nothing = { notice: null, alert: null };

test("the announcement of an update is its headline", () => {
  const calls = { president: { PA: { status: "called", party: "D" } } };
  const update = { ...story("Pennsylvania called"), calls };
  assert.deepEqual(announced([update]), { notice: "Pennsylvania called", alert: null });
});

test("a candidate who passes 270 is named", () => {
  const { notice } = announced([story("Pennsylvania called")], "D");
  assert.equal(notice, "Pennsylvania called. Biden has reached 270.");
});

test("a candidate who falls below 270 is named, and one who stays above is not", () => {
  const correction = { ...story("Correction"), kind: "correct" };
  assert.equal(announced([correction], "", "D").alert, "Correction. Biden no longer has 270.");
  assert.equal(announced([story("Next")], "D", "D").notice, "Next");
});

test("headlines are marked as English, other texts as the language of the page", async () => {
  await useLanguage("es");
  const { notice } = announcements(
    [story("Pennsylvania called")],
    SHOWN,
    { president: "" },
    { president: "D" },
  );
  await useLanguage();
  assert.deepEqual(notice, [
    { text: "Pennsylvania called", lang: "en" },
    { text: ". Biden alcanzó los 270.", lang: "es" },
  ]);
});

test("several updates at once announce the newest", () => {
  assert.equal(announced([story("One"), story("Two")]).notice, "Two");
});

test("an update without a headline announces what changed", () => {
  const some = { PA: { status: "too_close" }, GA: { status: "too_early" } };
  const { notice } = announced([{ kind: "update", calls: { president: some } }]);
  assert.equal(notice, "Pennsylvania: Too close to call; Georgia: Too early to call");
  const many = Object.fromEntries(["A", "B", "C", "D"].map((race) => [race, {}]));
  const update = { kind: "update", calls: { president: many } };
  assert.equal(announced([update]).notice, "4 races have changed");
});

test("a correction is an alert, and so is an assertive story", () => {
  const correction = { ...story("Correction"), kind: "correct" };
  assert.deepEqual(announced([correction]), { notice: null, alert: "Correction" });
  assert.deepEqual(announced([correction, story("Next")]), { notice: "Next", alert: "Correction" });
  assert.equal(announced([story("Attention", "assertive")]).alert, "Attention");
});

test("a view, a story without announcement and no updates announce nothing", () => {
  assert.deepEqual(announced([{ kind: "update", view: { contest: "president", focus: "OH" } }]), nothing);
  assert.deepEqual(announced([story("Pssst", "none")], "D"), nothing);
  assert.deepEqual(announced([]), nothing);
});

test("votes counted are never announced", () => {
  const counts = { president: { PA: { votes: { D: 1 } } } };
  assert.deepEqual(announced([{ kind: "update", counts }]), nothing);
});

test("where a show has several contests, the one that is decided is named", () => {
  const shown = contests({ president: "us-president-2020", senate: "us-senate-2024" });
  const { notice } = announced([story("Pennsylvania called")], "D", "", shown);
  assert.equal(notice, "Pennsylvania called. U.S. President 2020: Biden has reached 270.");
});
