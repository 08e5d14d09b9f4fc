// What the page says about itself, in words. Pure. views.py says the same before the script runs.

import { totals } from "../broadcaster/replica.js";

const WORDS = {
  scheduled: "Not started",
  live: "Live, as of",
  held: "On hold, as of",
  ended: "Final, as of",
  reconnecting: "Reconnecting, last update",
  offline: "Offline, last known",
  outdated: "Reload this page; last known",
};

/** {words, at} for a state of the page; `at` is when the map last changed, or null. */
export function status(state, at, startsAt) {
  if (state === "scheduled") {
    return startsAt ? { words: "Begins", at: startsAt } : { words: WORDS.scheduled, at: null };
  }
  return { words: WORDS[state], at };
}

/** What the broadcast shows while the viewer explores. */
export function showing(place) {
  return `Broadcast is showing ${place}`;
}

/** That the page is frozen, and how many updates wait. */
export function paused(waiting) {
  const updates = waiting === 1 ? "1 update waits" : `${waiting} updates wait`;
  return `Paused. ${waiting ? updates : "No update waits"}.`;
}

/** What the map shows instead of tonight's calls. */
export function layerWords(layer, { year, candidates, votes }, calls) {
  if (layer === "swing") return `Outlined: another party than in ${year - 4}`;
  const { D, R } = totals(votes, calls);
  return `The map shows ${year}: ${candidates.D} (D) ${D}, ${candidates.R} (R) ${R}`;
}

/**
 * "9:47:03 pm EST", or without seconds or zone; the date before it unless it is that of `now`.
 */
export function clock(at, now, timeZone, withSeconds = true, withZone = true) {
  const day = format({ year: "numeric", month: "short", day: "numeric", timeZone });
  const time = { hour: "numeric", minute: "2-digit", timeZone };
  if (withZone) time.timeZoneName = "short";
  if (withSeconds) time.second = "2-digit";
  const text = format(time)
    .format(at)
    .replace(/\s?([AP]M)/, (_, half) => ` ${half.toLowerCase()}`);
  return day.format(at) === day.format(now) ? text : `${day.format(at)}, ${text}`;
}

const formats = new Map(); // making one takes a browser longer than all else about an update

function format(options) {
  const key = JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat("en-US", options));
  return formats.get(key);
}

/** "1:15:00": hours, minutes and seconds. */
export function elapsed(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  const two = (n) => String(n % 60).padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60))}:${two(seconds)}`;
}

/**
 * What a screen reader is told after these updates: `alert` interrupts, `notice` waits. Each is
 * the newest headline, or what was called; null if there is nothing to say. `before` and `winner`
 * are who had 270 votes before and after, or "".
 */
export function announcements(updates, nameOf, resultOf, before, winner) {
  const told = { notice: null, alert: null };
  for (const update of updates) {
    const text = sentence(update, nameOf, resultOf);
    if (text) told[isLoud(update) ? "alert" : "notice"] = text;
  }
  const last = told.notice ? "notice" : "alert";
  if (winner !== before && told[last]) {
    told[last] += winner ? `. ${winner} has passed 270.` : `. ${before} no longer has 270.`;
  }
  return told;
}

function isLoud({ kind, story }) {
  return kind === "correct" || story?.announce === "assertive";
}

function sentence({ calls, story }, nameOf, resultOf) {
  if (story?.announce === "none") return "";
  if (story?.headline || !calls) return story?.headline;
  const units = Object.keys(calls);
  if (units.length > 3) return `${units.length} states have changed`;
  return units.map((unit) => `${nameOf(unit)}: ${resultOf(calls[unit])}`).join("; ");
}
