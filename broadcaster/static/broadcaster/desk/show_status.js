// The broadcast's phase in words, for the frame, the status bar and Program. Pure: no DOM, no
// network.

import { isolate } from "../domain/bidi.js";
import { clockTime } from "./clock.js";
import { listed } from "./headline.js";
import { countdown } from "./rundown.js";
import { summarize } from "./summary.js";

const MODE_LABELS = {
  scheduled: "○ OFF AIR",
  live: "● LIVE",
  held: "❚❚ ON HOLD",
  ended: "■ ENDED",
};
const REHEARSAL_PHASES = {
  scheduled: "not started",
  live: "running",
  held: "on hold",
  ended: "ended",
};
const PROGRAM_LABELS = {
  scheduled: "off air: viewers wait for the start",
  live: "what viewers see",
  held: "on hold: viewers see the pause",
  ended: "off air: final",
};

/** Return the frame's mode: the phase, or "rehearsal" in every phase of a rehearsal. */
export function frameMode(broadcast, phase) {
  return broadcast.rehearsal ? "rehearsal" : phase;
}

/** Return the mode's label. A rehearsal's ("REHEARSAL · running") must not be mistaken for LIVE. */
export function modeLabel(broadcast, phase) {
  return broadcast.rehearsal ? `REHEARSAL · ${REHEARSAL_PHASES[phase]}` : MODE_LABELS[phase];
}

/** Return what Program shows. `place` is what the view shows; `isOld`: there is no connection. */
export function programLabel(phase, place, isOld) {
  return `${isOld ? "last known" : PROGRAM_LABELS[phase]} · view ${place}`;
}

/**
 * Return which update is on air, the newest of the log, since when and by whom; "" without any. Once
 * the broadcast has ended it is the last one, and without a connection (`isOld`) the last known.
 */
export function onAirText(update, phase, contests, isOld) {
  if (!update) return "";
  const { seq, at, by, story } = update;
  const words = story?.headline ? `“${isolate(story.headline)}”` : summarize(update, contests);
  const place = phase === "ended" ? "Last" : "On air";
  return `${isOld ? "Last known" : place}: update ${seq}, ${clockTime(at)}, by ${by}: ${words}`;
}

/** Return "editor and producer are here". There is at least one name. */
export function hereText(names) {
  return `${listed(names.map(isolate))} ${names.length > 1 ? "are" : "is"} here`;
}

/** Return what is said beside TAKE while nothing is in Preview. */
export function nothingText(phase) {
  if (phase === "ended") return "The broadcast has ended: nothing more can be taken.";
  return "Choose a cue, or draft an update.";
}

/** Return the planned start before the broadcast or the planned end during it; "" without one. */
export function planLabel({ starts_at: start, ends_at: end, automatic }, phase, now) {
  const [verb, noun, at] =
    phase === "scheduled" ? ["begins", "start", start] : ["ends", "end", end];
  if (at === null || phase === "ended") return "";
  const left = at - now;
  if (left <= 0) return `${noun} was planned for ${clockTime(at)}, ${countdown(-left)} ago`;
  return `${verb} ${automatic ? "automatically " : ""}at ${clockTime(at)}, in ${countdown(left)}`;
}
