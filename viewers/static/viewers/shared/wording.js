// What the page says about itself, in words. Pure. wording.py says the same before the script runs;
// tests/vectors/wording.json holds both to it.

import { totals } from "../../broadcaster/domain/replica.js";
import { gettext, gettext_noop, language, ngettext } from "../../broadcaster/domain/translation.js";

const STORY = "en"; // the language of what the newsroom writes
const WORDS = {
  scheduled: gettext_noop("Not started"),
  live: gettext_noop("Live, as of"),
  held: gettext_noop("On hold, as of"),
  ended: gettext_noop("Final, as of"),
  reconnecting: gettext_noop("Reconnecting, last update"),
  offline: gettext_noop("Offline, last known"),
  outdated: gettext_noop("Reload this page; last known"),
};

/** {words, at} for a state of the page; `at` is when the map last changed, or null. */
export function status(state, at, startsAt) {
  const planned = state === "scheduled";
  if (planned && startsAt) return { words: gettext("Begins"), at: startsAt };
  return { words: gettext(WORDS[state]), at: planned ? null : at };
}

/** What the broadcast shows while the viewer explores. */
export function showing(place) {
  return gettext("Broadcast is showing %(place)s", { place });
}

/** That the page is frozen, and how many updates wait. */
export function paused(waiting) {
  if (!waiting) return gettext("Paused. No update waits.");
  return ngettext("Paused. %(count)s update waits.", "Paused. %(count)s updates wait.", waiting);
}

/** What the map shows instead of tonight's calls. */
export function layerWords(layer, { year, candidates, votes }, calls) {
  if (layer === "swing") return gettext("Outlined: another party than in %(year)s", { year: year - 4 });
  const { D, R } = totals(votes, calls);
  const won = `${candidates.D} (D) ${D}, ${candidates.R} (R) ${R}`;
  return gettext("The map shows %(year)s: %(won)s", { year, won });
}

/**
 * "9:47:03 pm EST", or without seconds or zone; the date before it unless it is that of `now`.
 */
export function clock(at, now, timeZone, withSeconds = true, withZone = true) {
  const inEnglish = language() === "en";
  const day = format({ dateStyle: inEnglish ? "medium" : "long", timeZone }, language());
  const time = { hour: "numeric", minute: "2-digit", timeZone };
  if (withZone) time.timeZoneName = "short";
  if (withSeconds) time.second = "2-digit";
  const halves = { AM: gettext("am"), PM: gettext("pm") };
  const text = format(time)
    .format(at)
    .replace(/\s?([AP]M)/, (_, half) => ` ${halves[half]}`);
  return day.format(at) === day.format(now) ? text : `${day.format(at)}, ${text}`;
}

const formats = new Map(); // making one takes a browser longer than all else about an update

function format(options, locale = "en") {
  const key = JSON.stringify([options, locale]);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale, options));
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
 * the newest headline, or what was called, in pieces {text, lang}; null if there is nothing to
 * say. `before` and `winner` are who had 270 votes before and after, or "".
 */
export function announcements(updates, nameOf, resultOf, before, winner) {
  const told = { notice: null, alert: null };
  for (const update of updates) {
    const piece = sentence(update, nameOf, resultOf);
    if (piece.text) told[isLoud(update) ? "alert" : "notice"] = [piece];
  }
  const last = told.notice ?? told.alert;
  if (winner !== before && last) {
    const lost = gettext("%(name)s no longer has 270.", { name: before });
    last.push({ text: `. ${winner ? passing(winner) : lost}`, lang: language() });
  }
  return told;
}

/** That a candidate has won. */
export function passing(name) {
  return gettext("%(name)s has passed 270.", { name });
}

function isLoud({ kind, story }) {
  return kind === "correct" || story?.announce === "assertive";
}

function sentence({ calls, story }, nameOf, resultOf) {
  if (story?.announce === "none") return { text: "" };
  if (story?.headline || !calls) return { text: story?.headline, lang: STORY };
  const units = Object.keys(calls);
  const text =
    units.length > 3
      ? gettext("%(count)s states have changed", { count: units.length })
      : units.map((unit) => `${nameOf(unit)}: ${resultOf(calls[unit])}`).join("; ");
  return { text, lang: language() };
}
