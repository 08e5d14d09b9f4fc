// The texts of the status line, notices and announcements. wording.py writes the same before the
// script runs; tests/vectors/wording.json pins both.

import { totals } from "../../broadcaster/domain/replica.js";
import { gettext, gettext_noop, language, ngettext } from "../../broadcaster/domain/translation.js";

const NEWSROOM = "en"; // the language of headlines
const WORDS = {
  scheduled: gettext_noop("Not started"),
  live: gettext_noop("Live, as of"),
  held: gettext_noop("On hold, as of"),
  ended: gettext_noop("Final, as of"),
  reconnecting: gettext_noop("Reconnecting, last update"),
  offline: gettext_noop("Offline, last known"),
  outdated: gettext_noop("Reload this page; last known"),
};

/** Return {words, at} for a state of the page. `at` is when the map last changed, or null. */
export function status(state, at, startsAt) {
  const planned = state === "scheduled";
  if (planned && startsAt) return { words: gettext("Begins"), at: startsAt };
  return { words: gettext(WORDS[state]), at: planned ? null : at };
}

/** Return which place the broadcast shows, for a viewer who explores. */
export function broadcastShows(place) {
  return gettext("Broadcast is showing %(place)s", { place });
}

/** Return that the page is paused, and how many updates wait. */
export function paused(waiting) {
  if (!waiting) return gettext("Paused. No update waits.");
  return ngettext("Paused. %(count)s update waits.", "Paused. %(count)s updates wait.", waiting);
}

/** Return what the map shows instead of tonight's calls. */
export function layerWords(layer, { year, candidates, votes }, calls) {
  if (layer === "swing") {
    return gettext("Outlined: another party than in %(year)s", { year: year - 4 });
  }
  const { D, R } = totals(votes, calls);
  const won = `${candidates.D} (D) ${D}, ${candidates.R} (R) ${R}`;
  return gettext("The map shows %(year)s: %(won)s", { year, won });
}

/**
 * Return "9:47:03 pm EST", or without seconds or zone; with the date before it unless it is that of
 * `now`.
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

const formats = new Map(); // making one takes longer than all other work on an update

function format(options, locale = "en") {
  const key = JSON.stringify([options, locale]);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale, options));
  return formats.get(key);
}

/** Return "1:15:00": hours, minutes and seconds. */
export function elapsed(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  const two = (n) => String(n % 60).padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60))}:${two(seconds)}`;
}

/**
 * Return the announcements for screen readers after these updates: `alert` interrupts, `notice`
 * waits. Each is the newest headline, or what was called, in pieces {text, lang}; null for none.
 * `before` and `winner` are the candidate with 270 votes before and after, or "".
 */
export function announcements(updates, nameOf, resultOf, before, winner) {
  const found = { notice: null, alert: null };
  for (const update of updates) {
    const piece = sentence(update, nameOf, resultOf);
    if (piece.text) found[isUrgent(update) ? "alert" : "notice"] = [piece];
  }
  const last = found.notice ?? found.alert;
  if (winner !== before && last) {
    const lost = gettext("%(name)s no longer has 270.", { name: before });
    last.push({ text: `. ${winner ? passing(winner) : lost}`, lang: language() });
  }
  return found;
}

/** Return that a candidate has the votes to win. */
export function passing(name) {
  return gettext("%(name)s has passed 270.", { name });
}

function isUrgent({ kind, story }) {
  return kind === "correct" || story?.announce === "assertive";
}

function sentence({ calls, story }, nameOf, resultOf) {
  if (story?.announce === "none") return { text: "" };
  if (story?.headline || !calls) return { text: story?.headline, lang: NEWSROOM };
  const units = Object.keys(calls);
  const text =
    units.length > 3
      ? gettext("%(count)s states have changed", { count: units.length })
      : units.map((unit) => `${nameOf(unit)}: ${resultOf(calls[unit])}`).join("; ");
  return { text, lang: language() };
}
