// The texts of the status line, notices and announcements. wording.py writes the same before the
// script runs; tests/vectors/wording.json pins both.

import { racesOf } from "../../broadcaster/domain/replica.js";
import { OPEN, counted, lead, result, shown } from "../../broadcaster/rendering/drawing.js";
import { gettext, gettext_noop, language, ngettext } from "../../broadcaster/domain/translation.js";

const MAX_BEFORE = 2; // winners of earlier contests that the facts about a race have
const NIGHT = 12 * 3600_000; // milliseconds before and after a time that need no date
const NEWSROOM = "en"; // the language of headlines
const WORDS = {
  scheduled: gettext_noop("Not started"),
  live: gettext_noop("Live, as of"),
  rehearsal: gettext_noop("Rehearsal, as of"),
  delayed: gettext_noop("Delayed by %(delay)s s, as of"),
  paused: gettext_noop("Paused, as of"),
  held: gettext_noop("On hold, as of"),
  ended: gettext_noop("Final, as of"),
  reconnecting: gettext_noop("Reconnecting, as of"),
  offline: gettext_noop("Offline, last known"),
  outdated: gettext_noop("Reload this page; as of"),
};

/**
 * Return {words, at} for a state of the page. `at` is when the map last changed, or null; `delay` is
 * that of the viewer, in seconds. A rehearsal is never called live.
 */
export function status(state, at, startsAt, { delay = 0, rehearsal = false } = {}) {
  const planned = state === "scheduled";
  if (planned && startsAt) return { words: gettext("Begins"), at: startsAt };
  const words = WORDS[rehearsal && state === "live" ? "rehearsal" : state];
  return { words: gettext(words, { delay }), at: planned ? null : at };
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

/**
 * Return what the map shows instead of tonight's calls. `contest` and `calls` are those of
 * Explorer.visible(), `before` is the title of the outcome before tonight's, if known.
 */
export function layerWords(layer, contest, calls, before) {
  if (layer === "counted") {
    return gettext("Votes counted so far. These are not calls: stripes show who leads.");
  }
  if (layer === "swing") {
    if (!before) return gettext("Outlined: another party than before");
    return gettext("Outlined: another party than in %(title)s", { title: before });
  }
  const totals = contest.totals(calls);
  const won = shown(totals, contest).map(({ id, name, letter }) => `${name} (${letter}) ${totals[id]}`);
  return gettext("The map shows %(title)s: %(won)s", { title: contest.title, won: won.join(", ") });
}

/**
 * Return when the polls of a race close or closed; "" if that is not known. It is the hour within 12
 * hours of `now`, on its day, and within 12 hours of `at`, when the map last changed: on later days,
 * it is that night. Else it is the date, with the hour if asked for.
 */
export function closing(closes, now, timeZone, at, withHour = false) {
  if (closes === undefined) return "";
  const isTonight = [now, at].some((time) => Math.abs(closes - time) < NIGHT);
  const hours = hourAndZone(closes, timeZone);
  const day = dayOf(closes, timeZone, "medium");
  const isToday = day === dayOf(now, timeZone, "medium");
  const time = isTonight || isToday ? hours : withHour ? `${day}, ${hours}` : day;
  return closes > now
    ? gettext("Polls close %(time)s", { time })
    : gettext("Polls closed %(time)s", { time });
}

/** Return the races that are to be called: the heaviest first, then by name. picture.py has the same order. */
export function undecided({ races }, calls) {
  const left = Object.keys(races).filter((race) => !calls[race]?.party);
  const byName = collator(language()).compare;
  const byWeight = (one, other) => races[other].weight - races[one].weight;
  return left.sort(
    (one, other) => byWeight(one, other) || byName(races[one].name, races[other].name),
  );
}

/** Return the texts of a race that is to be called, by part. `here` is the state of stateOf(). */
export function undecidedTexts(race, contest, here, now, timeZone, at) {
  const { name, weight, closes } = contest.races[race];
  const call = here.calls[race];
  const count = countOf(race, contest, here);
  return {
    name,
    weight: contest.isWeighted ? weight : "",
    before: lastWinner(race, contest),
    status: call ? result(call, contest, race) : "",
    margin: count ? lead(count) : "",
    leader: count ? count.letter : "",
    look: count ? count.look : "",
    by: count ? aheadBy(count) : "",
    expected: count ? expectedWords(count) : "",
    counted: count ? count.words : "",
    closes: count || call ? "" : closing(closes, now, timeZone, at),
  };
}

/** Return by how much the party ahead leads: "+1.2". `count` is that of counted(). */
function aheadBy({ leader, margin }) {
  if (leader) return `+${margin}`;
  return margin && gettext("Tied");
}

/** Return which share of the expected votes is in, "" if it is not known. expected.html has the same. */
function expectedWords({ expected }) {
  return expected === null ? "" : gettext("%(percent)s%% in", { percent: expected });
}

/**
 * Return the texts of the facts about a race, by part, and as `votes` those counted. `here` is the
 * state of stateOf().
 */
export function facts(race, contest, here, now, timeZone, at) {
  const { name, weight, closes } = contest.races[race];
  const count = countOf(race, contest, here);
  const before = contest.earlier.map((each) => winnerIn(each, race, contest)).filter(Boolean);
  return {
    unit: name,
    "facts-votes": contest.isWeighted ? `${contest.counting}: ${weight}` : "",
    "facts-result": result(here.calls[race] ?? OPEN, contest, race),
    "facts-counts": count?.margin ? count.words : candidates(contest, race),
    votes: count?.margin ? votes(here.counts[race], contest, race) : [],
    "facts-closes": closing(closes, now, timeZone, at, true),
    "facts-before": before.length
      ? gettext("Before: %(winners)s", { winners: before.slice(0, MAX_BEFORE).join(", ") })
      : lastWinner(race, contest),
  };
}

function countOf(race, contest, { counts }) {
  return counts[race] && counted(counts[race], race, contest);
}

/** Return who won a race last: "2016 Trump +9.5", or "Held by R"; "". last_winner.py has the same. */
function lastWinner(race, contest) {
  const [latest] = contest.earlier;
  const won = latest ? winnerIn(latest, race, contest) : "";
  const { letter } = contest.partyOf[contest.races[race].before] ?? {};
  return won || (letter ? gettext("Held by %(letter)s", { letter }) : "");
}

/** Return who won a race in an earlier contest: "2016 Trump +9.5"; "" if that is not known. */
function winnerIn({ title, names, winners: won, margins }, race, contest) {
  const index = Object.keys(contest.races).indexOf(race);
  const party = won[index];
  if (!party) return "";
  const margin = margins[index] ? `\u00a0+${margins[index]}` : "";
  return `${title}\u00a0${names[party]}${margin}`; // on one line, where there is room
}

/** Return the votes of each party, the most first: [{look, letter, name, votes, percent}]. */
function votes({ votes: byParty }, contest, race) {
  const number = new Intl.NumberFormat(language());
  const total = Object.values(byParty).reduce((sum, each) => sum + each, 0);
  return Object.entries(byParty)
    .sort(([, one], [, other]) => other - one)
    .map(([party, each]) => {
      const { look, letter } = contest.partyOf[party];
      const percent = `${((100 * each) / total).toFixed(1)}%`;
      return { look, letter, name: contest.nameOf(party, race), votes: number.format(each), percent };
    });
}

/** Return the candidates of a race that has its own: "Casey (D), McCormick (R)"; else "". */
function candidates(contest, race) {
  return contest.parties
    .filter(({ id }) => contest.races[race].names?.[id])
    .map(({ id, letter }) => `${contest.nameOf(id, race)} (${letter})`)
    .join(", ");
}

/**
 * Return "9:47:03 pm EST" or "9:47 pm EST", with the date before it unless it is that of `now`. The
 * zone is as domain/time_zone.py describes it.
 */
export function clock(at, now, timeZone, withSeconds = true) {
  const dateStyle = language() === "en" ? "medium" : "long";
  const day = dayOf(at, timeZone, dateStyle);
  const time = hourAndZone(at, timeZone, withSeconds);
  return day === dayOf(now, timeZone, dateStyle) ? time : `${day}, ${time}`;
}

function dayOf(at, { name: timeZone }, dateStyle) {
  return format({ dateStyle, timeZone }, language()).format(at);
}

function hourAndZone(at, timeZone, withSeconds = false) {
  return `${hour(at, timeZone, withSeconds)} ${zone(at, timeZone)}`;
}

/** Return "9:47 pm" or "9:47:03 pm". */
export function hour(at, { name: timeZone }, withSeconds = false) {
  const time = { hour: "numeric", minute: "2-digit", timeZone };
  if (withSeconds) time.second = "2-digit";
  const halves = { AM: gettext("am"), PM: gettext("pm") };
  return format(time)
    .format(at)
    .replace(/\s?([AP]M)/, (_, half) => ` ${halves[half]}`);
}

/** Return the abbreviation that the server writes for a time zone: "EST". */
function zone(at, { name: timeZone, abbreviations }) {
  const parts = format({ timeZone, timeZoneName: "longOffset" }).formatToParts(at);
  const { value } = parts.find(({ type }) => type === "timeZoneName");
  return abbreviations[value] ?? value;
}

const collators = new Map(); // by language

function collator(locale) {
  if (!collators.has(locale)) {
    collators.set(locale, new Intl.Collator(locale, { numeric: true }));
  }
  return collators.get(locale);
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

/** Return the party that has won each contest, by key; "" if none has. */
export function winners(contests, { calls }) {
  const pairs = Object.entries(contests).map(([key, contest]) => [
    key,
    contest.winner(contest.totals(calls[key])),
  ]);
  return Object.fromEntries(pairs);
}

/**
 * Return the announcements for screen readers after these updates: `alert` interrupts, `notice`
 * waits. Each is the newest headline, or what was called, in pieces {text, lang}; null for none.
 * `before` and `after` are the winners by contest. Counts are never announced.
 */
export function announcements(updates, contests, before, after) {
  const found = { notice: null, alert: null };
  for (const update of updates) {
    const piece = sentence(update, contests);
    if (piece.text) found[isUrgent(update) ? "alert" : "notice"] = [piece];
  }
  const last = found.notice ?? found.alert;
  for (const [key, contest] of Object.entries(contests)) {
    if (before[key] === after[key] || !last) continue;
    const title = Object.keys(contests).length > 1 ? `${contest.title}: ` : "";
    const words = after[key] ? passing(contest, after[key]) : losing(contest, before[key]);
    last.push({ text: `. ${title}${words}`, lang: language() });
  }
  return found;
}

/** Return that a party or its candidate has reached the threshold or, with `won` above it, is past it. */
export function passing(contest, party, won = contest.toWin) {
  const values = { name: contest.nameOf(party), to_win: contest.toWin };
  return won > contest.toWin
    ? gettext("%(name)s is past %(to_win)s.", values)
    : gettext("%(name)s has reached %(to_win)s.", values);
}

function losing(contest, party) {
  const values = { name: contest.nameOf(party), to_win: contest.toWin };
  return gettext("%(name)s no longer has %(to_win)s.", values);
}

function isUrgent({ kind, story }) {
  return kind === "correct" || story?.announce === "assertive";
}

function sentence({ calls, story }, contests) {
  if (story?.announce === "none") return { text: "" };
  if (story?.headline || !calls) return { text: story?.headline, lang: NEWSROOM };
  const races = racesOf(calls);
  const text =
    races.length > 3
      ? gettext("%(count)s races have changed", { count: races.length })
      : races.map((race) => raceWords(race, calls, contests)).join("; ");
  return { text, lang: language() };
}

function raceWords([key, race], calls, contests) {
  const contest = contests[key];
  return `${contest.races[race].name}: ${result(calls[key][race], contest, race)}`;
}
