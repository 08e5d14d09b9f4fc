// The order of cues and the status of each. Pure: no DOM, no network.
// A cue is as in the server's "rundown" frame; times are milliseconds since 1970.

import { isolate } from "../domain/bidi.js";
import { clockTime } from "./clock.js";

/** Return "taken", "waiting" (for approval), "scheduled" or "ready". */
export function cueStatus(cue) {
  if (cue.taken) return "taken";
  if (cue.asked) return "waiting";
  return cue.due === null ? "ready" : "scheduled";
}

/** Return the cue that was taken last, or undefined. */
function newestTaken(cues) {
  const taken = cues.filter((cue) => cue.taken).sort((a, b) => b.taken.seq - a.taken.seq);
  return taken[0];
}

/**
 * Return the cue marked NEXT, which *Next* puts into Preview: the first ready one below the newest
 * take; without one, the first ready cue. Undefined if none is ready.
 */
export function upNext(cues) {
  const place = cues.indexOf(newestTaken(cues));
  const ready = cues.filter((cue) => cueStatus(cue) === "ready");
  return ready.find((cue) => cues.indexOf(cue) > place) ?? ready[0];
}

/** Return the scheduled cue that goes out first, or undefined. */
export function nextDue(cues) {
  const scheduled = cues.filter((cue) => cueStatus(cue) === "scheduled");
  return scheduled.sort((one, other) => one.due - other.due)[0];
}

/** Return the ready cues above the newest take, which were left behind, but for NEXT. */
export function leftBehind(cues) {
  const place = cues.indexOf(newestTaken(cues));
  const next = upNext(cues);
  return cues.slice(0, Math.max(place, 0)).filter((cue) => cueStatus(cue) === "ready" && cue !== next);
}

/**
 * Return the `before` of the command that moves a cue by one place, up (-1) or down (1): the id of
 * the cue it goes before, or null for the end. Undefined if it cannot move that way.
 */
export function cueToMoveBefore(cues, id, step) {
  const place = cues.findIndex((cue) => cue.id === id);
  const goal = place + step;
  if (place < 0 || goal < 0 || goal >= cues.length) return undefined;
  return (step < 0 ? cues[goal] : cues[goal + 1])?.id ?? null;
}

/** Return a duration as "0:40", "12:05" or "1:02:13". */
export function countdown(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  const [h, m, s] = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map(Math.floor);
  const twoDigits = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${twoDigits(m)}:${twoDigits(s)}` : `${m}:${twoDigits(s)}`;
}

/** Return, for each command and for "edit", whether `me` may do it with a cue now. */
export function allowedCommands(cue, may, me) {
  const status = cueStatus(cue);
  const open = status === "ready" || status === "scheduled";
  const mine = cue.asked?.by === me;
  return {
    take_cue: open && may.take,
    confirm: status === "waiting" && may.confirm && !mine,
    decline: status === "waiting" && (may.confirm || mine),
    edit: status === "ready" && may.prepare,
    move: may.prepare,
    remove: status === "ready" && may.prepare,
    schedule: status === "ready" && may.schedule,
    unschedule: status === "scheduled" && (may.schedule || may.take),
  };
}

/**
 * Return the status of a cue as a sentence, or "" if it is simply ready. `now` is the server's
 * time. Off air every cue would be rejected; the frame says that once, so the notes do not.
 */
export function statusNote(cue, now, me, live) {
  if (cue.taken) {
    const { by, confirmed_by: second, seq, at } = cue.taken;
    const confirmed = second ? `, confirmed by ${second}` : "";
    return `Update ${seq}, ${clockTime(at)}, by ${by}${confirmed}`;
  }
  if (cue.asked) {
    if (cue.asked.by === me) return "You took it. Somebody else must confirm.";
    return `${cue.asked.by} took it. It is not confirmed.`;
  }
  if (cue.due !== null) {
    const left = cue.due - now;
    const when = left > 0 ? `in ${countdown(left)}` : "now";
    return `Out ${when}, at ${clockTime(cue.due)}, by ${cue.scheduled_by}.`;
  }
  if (cue.missed) return `⚠ It did not go out at ${clockTime(cue.missed.at)}: ${cue.missed.why}`;
  if (live && cue.rejection) return `Would be rejected now: ${cue.rejection}`;
  return cue.declined ? `${cue.declined} declined it.` : "";
}

/** Return the ids of cues whose status is another now, and of those that were removed. */
export function cuesOfNewStatus(before, after) {
  const statuses = new Map(after.map((cue) => [cue.id, cueStatus(cue)]));
  return before.filter((cue) => statuses.get(cue.id) !== cueStatus(cue)).map(({ id }) => id);
}

/**
 * Return the ids of cues that others moved, edited, took for approval, or declined. `own` are the
 * commands of this console that are under way, as {name, cue}: a move or a removal also moves other
 * cues.
 */
export function changedCues(before, after, own = []) {
  const known = new Map(before.map((cue, place) => [cue.id, { cue, place }]));
  const isOrderOwn = own.some(({ name }) => name === "move" || name === "remove");
  return after.flatMap((cue, place) => {
    const was = known.get(cue.id);
    if (!was) return [];
    const isMoved = was.place !== place && !isOrderOwn;
    const isWaiting = (each) => cueStatus(each) === "waiting"; // *Decline* is where *Take* was
    const isOther = was.cue.version !== cue.version || isWaiting(was.cue) !== isWaiting(cue);
    const isOwn = own.some((command) => command.cue === cue.id);
    return isMoved || (isOther && !isOwn) ? [cue.id] : [];
  });
}

function isUnderWay(commands, name, cue) {
  return commands.some((each) => each.name === name && each.cue === cue);
}

/**
 * Return the notifications for `me` about what others did to cues: [{text, isError, id}]. `own` are
 * the commands of this console that are under way, as {name, cue}: their answers say what they did.
 */
export function cueNotifications(before, after, me, own = []) {
  const known = new Map(before.map((cue) => [cue.id, cue]));
  const left = new Set(after.map(({ id }) => id));
  const removed = before.filter(({ id }) => !left.has(id)); // if it waits, by a feed
  const lost = removed.filter((cue) => cue.asked?.by === me || cueStatus(cue) === "scheduled");
  const ends = lost.map(({ title }) => ({
    text: `“${isolate(title)}” was removed. It does not go out.`,
    isError: true,
  }));
  const changes = after.flatMap((cue) => {
    const was = known.get(cue.id);
    const title = `“${isolate(cue.title)}”`;
    const notify = (text, isError = false) => [{ text, isError, id: cue.id }];
    if (!was) return [];
    if (cue.asked?.by === me && was.due !== null && !was.asked) {
      return notify(`${title} is due. It is not on air: another person must confirm it.`, true);
    }
    if (was.asked?.by === me && cue.taken) {
      const { confirmed_by: second, seq } = cue.taken;
      return notify(`${title} was confirmed by ${second}: update ${seq}.`);
    }
    if (was.asked?.by === me && cue.declined) { // also if it was withdrawn here at the same time
      return notify(`${title} was declined by ${cue.declined}. It is not on air.`, true);
    }
    if (was.asked?.by === me && !cue.asked && !isUnderWay(own, "decline", cue.id)) {
      return notify(`${title} was withdrawn. It is not on air.`);
    }
    if (was.due !== null && cue.taken && !isUnderWay(own, "take_cue", cue.id)) {
      return notify(`${title} went out: update ${cue.taken.seq}.`);
    }
    if (cue.missed && !was.missed) {
      return notify(`${title} did not go out: ${cue.missed.why}`, true);
    }
    return [];
  });
  return [...changes, ...ends];
}
