import assert from "node:assert/strict";
import test from "node:test";

import { contests, load } from "./modules.mjs";

const { afterText, summarize, summaryParts, takeWords } = await load("broadcaster/desk/summary.js");

const ONE = contests({ president: "us-president-2020" });
const SEVERAL = contests({ president: "us-president-2020", lakeland: "lakeland-2027" });
const D = { status: "called", party: "D" };
const R = { status: "called", party: "R" };

test("a summary names the calls, then the view", () => {
  const view = { contest: "president", focus: "AZ" };
  const update = { kind: "update", calls: { president: { AZ: D } }, view };
  assert.equal(summarize(update, ONE), "AZ → D, view AZ");
});

test("a summary groups races by result", () => {
  const calls = { president: { KY: R, VT: D, IN: R, GA: { status: "too_close" } } };
  assert.equal(summarize({ kind: "update", calls }, ONE), "KY IN → R, VT → D, GA too close");
});

test("a summary has the contest's key where a show has several, and the party's letter", () => {
  const calls = {
    lakeland: { E: { status: "called", party: "LIB" }, N: { status: "certified", party: "FAR" } },
    president: { OH: R },
  };
  const update = { kind: "update", calls, view: { contest: "lakeland", focus: "" } };
  const words = "lakeland E → L, N → Fa, president OH → R, view lakeland";
  assert.equal(summarize(update, SEVERAL), words);
});

test("a summary of an update with neither calls nor a view is its kind, or story", () => {
  assert.equal(summarize({ kind: "hold" }, ONE), "hold");
  assert.equal(summarize({ kind: "update", story: {} }, ONE), "story");
});

test("a summary of counts has the number of races", () => {
  const count = { votes: { D: 1 } };
  const counts = { president: { OH: count, PA: count } };
  assert.equal(summarize({ kind: "update", counts }, ONE), "votes counted in 2 races");
});

test("a summary's parts keep the races apart from the words", () => {
  const calls = { president: { AZ: { status: "retracted" } } };
  assert.deepEqual(summaryParts({ kind: "correct", calls }, ONE), [
    { key: "", places: [], words: "correction" },
    { key: "", places: ["president/AZ"], words: "retracted" },
  ]);
});

test("a cue has the totals of the contests that it calls races of", () => {
  const after = {
    president: { D: 270, R: 214, O: 0, uncalled: 54 },
    lakeland: { GRN: 2, FAR: 3, LIB: 4, uncalled: 17 },
  };
  const change = { calls: { lakeland: {}, president: {} } };
  const words = "then lakeland 2–3–4–17, president 270–214–54";
  const joined = words.replaceAll("–", "–\u2060"); // totals have no line breaks
  assert.equal(afterText({ after, change }, SEVERAL), joined);
  assert.equal(afterText({ after, change: { calls: { president: {} } } }, ONE), "then 270–\u2060214–\u206054");
  assert.equal(afterText({ after: null, change }, SEVERAL), "");
});

test("the words for TAKE name races, winners, totals and the view", () => {
  const calls = { president: { OH: R, TX: R, VT: D, GA: { status: "too_close" } } };
  const update = { kind: "update", calls, view: { contest: "president", focus: "OH" } };
  assert.equal(
    takeWords(update, { calls }, ONE),
    "Ohio and Texas to Trump; Vermont to Biden; Georgia: too close to call. " +
      "Biden 3, Trump 56. View: Ohio.",
  );
  const certified = { president: { OH: { ...R, status: "certified" } } };
  const words = "Ohio to Trump, certified. Biden 0, Trump 18.";
  assert.equal(takeWords({ kind: "update", calls: certified }, { calls: certified }, ONE), words);
  const whole = { kind: "update", view: { contest: "president", focus: "" } };
  assert.equal(takeWords(whole, { calls: {} }, ONE), "View: whole map.");
  assert.equal(takeWords({ kind: "update", story: {} }, { calls: {} }, ONE), "Headline and story.");
});

test("the words for TAKE name the contest where a show has several", () => {
  const calls = { president: { AZ: { status: "retracted" } } };
  const words = "Correction. President: Arizona: call withdrawn. Biden 0, Trump 0.";
  assert.equal(takeWords({ kind: "correct", calls }, { calls: {} }, SEVERAL), words);
});
