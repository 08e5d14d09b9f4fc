// The order of cues and where each of them stands. Pure: no DOM, no network.
// A cue is as in the server's "rundown" frame; times are milliseconds since 1970.

/** "taken", "waiting" for a second person, "scheduled", or "ready". */
export function standing(cue) {
  if (cue.taken) return "taken";
  if (cue.asked) return "waiting";
  return cue.due === null ? "ready" : "scheduled";
}

/** The first cue after `id` that is ready, else the first of all; undefined if none is. */
export function nextCue(cues, id = null) {
  const ready = cues.filter((cue) => standing(cue) === "ready" && cue.id !== id);
  const place = cues.findIndex((cue) => cue.id === id);
  return ready.find((cue) => cues.indexOf(cue) > place) ?? ready[0];
}

/** The cue that Next is: the first that is ready after the newest that was taken. */
export function upNext(cues) {
  const newest = cues
    .filter((cue) => cue.taken)
    .reduce((one, other) => (one?.taken.seq > other.taken.seq ? one : other), null);
  return nextCue(cues, newest?.id);
}

/** What `move` is told to move a cue by one place: before which cue, null for the end;
 * undefined if there is no such place. */
export function beforeWhich(cues, id, step) {
  const place = cues.findIndex((cue) => cue.id === id);
  const goal = place + step;
  if (place < 0 || goal < 0 || goal >= cues.length) return undefined;
  return (step < 0 ? cues[goal] : cues[goal + 1])?.id ?? null;
}

/** "0:40", "12:05", "1:02:13": how long until then. */
export function countdown(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  const [h, m, s] = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map(Math.floor);
  const two = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** When a clock next shows "21:40" or "21:40:30", after `now`. */
export function atClock(time, now) {
  const [hours, minutes, seconds = 0] = time.split(":").map(Number);
  const at = new Date(now);
  at.setHours(hours, minutes, seconds, 0);
  if (at.getTime() <= now) at.setDate(at.getDate() + 1);
  return at.getTime();
}

/** A time as the desk's clock shows it. */
export function clock(milliseconds) {
  return new Date(milliseconds).toLocaleTimeString([], { timeStyle: "medium" });
}

/** What this person may do with a cue now: names of commands, and "edit". */
export function choices(cue, may, me) {
  const stands = standing(cue);
  const open = stands === "ready" || stands === "scheduled";
  const asker = cue.asked?.by === me;
  return {
    take_cue: open && may.take,
    confirm: stands === "waiting" && may.confirm && !asker,
    decline: stands === "waiting" && (may.confirm || asker),
    edit: stands === "ready" && may.prepare,
    move: may.prepare,
    remove: stands === "ready" && may.prepare,
    schedule: stands === "ready" && may.schedule,
    unschedule: stands === "scheduled" && (may.schedule || may.take),
  };
}

/** Where a cue stands, in a sentence; "" for one that is simply ready. `now` is the server's;
 * off air every cue would be refused, which the desk's frame says once. */
export function note(cue, now, me, live) {
  if (cue.taken) {
    const { by, confirmed_by: second, seq, at } = cue.taken;
    const confirmed = second ? `, confirmed by ${second}` : "";
    return `Already taken by ${by}${confirmed}: update ${seq}, ${clock(at)}.`;
  }
  if (cue.asked) {
    const { by } = cue.asked;
    if (by === me) return "You took it. It waits for a second person.";
    return `${by} took it. It waits for a second person.`;
  }
  if (cue.due !== null) {
    const left = cue.due - now;
    const when = left > 0 ? `in ${countdown(left)}` : "now";
    return `Goes out ${when}, at ${clock(cue.due)}, scheduled by ${cue.scheduled_by}.`;
  }
  if (cue.missed) return `⚠ It did not go out at ${clock(cue.missed.at)}: ${cue.missed.why}`;
  return live && cue.refusal ? `Would be refused now: ${cue.refusal}` : "";
}

/** The ids of cues that are in another place than before, or were edited. */
export function moved(before, after) {
  const known = new Map(before.map(({ id, version }, place) => [id, { version, place }]));
  return after.flatMap(({ id, version }, place) => {
    const was = known.get(id);
    return was && (was.place !== place || was.version !== version) ? [id] : [];
  });
}

/** What happened to cues that this person should hear of: [{words, bad, id}]. */
export function news(before, after, me, may) {
  const known = new Map(before.map((cue) => [cue.id, cue]));
  return after.flatMap((cue) => {
    const was = known.get(cue.id);
    const title = `“${cue.title}”`;
    const tell = (words, bad = false) => [{ words, bad, id: cue.id }];
    if (cue.asked && !was?.asked && cue.asked.by !== me && may.confirm) {
      return tell(`${cue.asked.by} took ${title}. It waits for your confirmation.`);
    }
    if (!was) return [];
    if (cue.asked?.by === me && was.due !== null && !was.asked) {
      return tell(`${title} is due, and waits for a second person: it is not on air.`, true);
    }
    if (was.asked?.by === me && cue.taken) {
      return tell(`${title} was confirmed by ${cue.taken.confirmed_by}: update ${cue.taken.seq}.`);
    }
    if (was.asked?.by === me && !cue.asked) return tell(`${title} was declined. It is not on air.`);
    if (was.due !== null && cue.taken) return tell(`${title} went out: update ${cue.taken.seq}.`);
    if (cue.missed && !was.missed) return tell(`${title} did not go out: ${cue.missed.why}`, true);
    return [];
  });
}
