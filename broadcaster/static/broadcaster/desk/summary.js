// An update in a few words. Pure: no DOM, no network.

import { UNCALLED, placesOf } from "../domain/replica.js";
import { STATUS_WORDS, capital, listed } from "./headline.js";

const KIND_LABELS = { correct: "correction" };

/**
 * Return the parts of a summary: [{key: "senate", places: ["senate/KY", "senate/IN"], words: "→ R"},
 * {key: "", places: [], words: "view OH"}]. `contests` are those of the show by key. `key` is "" if
 * there is one only, and after the first part of a contest.
 */
export function summaryParts(update, contests) {
  const isSeveral = Object.keys(contests).length > 1;
  const parts = Object.entries(update.calls ?? {}).flatMap(([contest, calls]) => {
    const placesByResult = new Map();
    for (const [race, call] of Object.entries(calls)) {
      const letter = contests[contest].partyOf[call.party]?.letter;
      const words = letter ? `→ ${letter}` : call.status.replace("_", " ");
      placesByResult.set(words, [...(placesByResult.get(words) ?? []), `${contest}/${race}`]);
    }
    return [...placesByResult].map(([words, places], i) => {
      return { key: isSeveral && i === 0 ? contest : "", places, words };
    });
  });
  if (update.view) {
    const { contest, focus } = update.view;
    const place = [isSeveral && contest, focusText(contests[contest], focus, isSeveral)];
    parts.push(only(["view", ...place].filter(Boolean).join(" ")));
  }
  if (update.counts) parts.push(only(`votes counted in ${racesText(placesOf(update.counts))}`));
  if (update.kind !== "update") parts.unshift(only(KIND_LABELS[update.kind] ?? update.kind));
  return parts.length ? parts : [only("story")];
}

/** Return what a view shows: a place's id, or the whole map, which a contest's key stands for. */
export function focusText(contest, focus, isSeveral) {
  if (contest.isPlace(focus)) return focus;
  return isSeveral ? "" : "whole map";
}

/**
 * Return what a take of `update` does, in full words, and the totals of `after`, the state after it:
 * "Ohio and Texas to Trump; Georgia: too close to call. Biden 227, Trump 213. View: Ohio."
 */
export function takeWords(update, after, contests) {
  const isSeveral = Object.keys(contests).length > 1;
  const sentences = Object.entries(update.calls ?? {}).flatMap(([key, calls]) => {
    const words = callWords(calls, contests[key]);
    const totals = totalsWords(contests[key].totals(after.calls[key]), contests[key]);
    return [isSeveral ? `${capital(key)}: ${words}` : words, totals];
  });
  if (update.view) {
    const { contest, focus } = update.view;
    const place = contests[contest].isPlace(focus) ? contests[contest].placeName(focus) : "whole map";
    sentences.push(`View: ${isSeveral ? `${contest}, ` : ""}${place}`);
  }
  if (update.counts) sentences.push(`Votes counted in ${racesText(placesOf(update.counts))}`);
  if (update.kind !== "update") sentences.unshift(capital(KIND_LABELS[update.kind] ?? update.kind));
  if (!sentences.length) sentences.push("Headline and story");
  return sentences.map((sentence) => `${sentence}.`).join(" ");
}

function callWords(calls, contest) {
  const racesByResult = new Map();
  for (const [race, { status, party }] of Object.entries(calls)) {
    const winner = party && ` to ${contest.nameOf(party, race)}`;
    const decided = status === "certified" ? `${winner}, certified` : winner;
    const result = decided || `: ${STATUS_WORDS[status]}`;
    racesByResult.set(result, [...(racesByResult.get(result) ?? []), contest.races[race].name]);
  }
  return [...racesByResult].map(([result, races]) => listed(races) + result).join("; ");
}

function totalsWords(won, contest) {
  const shown = contest.parties.filter(({ id, side }) => side || won[id]);
  return shown.map(({ id }) => `${contest.nameOf(id)} ${won[id]}`).join(", ");
}

function only(words) {
  return { key: "", places: [], words };
}

function racesText({ length }) {
  return length === 1 ? "1 race" : `${length} races`;
}

/** Return the same as text: "KY IN → R, view OH". */
export function summarize(update, contests) {
  return summaryParts(update, contests)
    .map(({ key, places, words }) => {
      const races = places.map((place) => place.split("/")[1]);
      return [key, ...races, words].filter(Boolean).join(" ");
    })
    .join(", ");
}

/** Return the totals after a cue for the contests that it calls races of: "then 273–214–51". */
export function afterText({ after, change }, contests) {
  const keys = Object.keys(change.calls ?? {}).filter((key) => after?.[key]);
  const isSeveral = Object.keys(contests).length > 1;
  const texts = keys.map((key) => {
    const shown = contests[key].parties.filter(({ id, side }) => side || after[key][id]);
    const sums = [...shown.map(({ id }) => after[key][id]), after[key][UNCALLED]];
    return (isSeveral ? `${key} ` : "") + sums.join("–\u2060"); // no line breaks within totals
  });
  return texts.length ? `then ${texts.join(", ")}` : "";
}
