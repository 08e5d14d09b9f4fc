// What the show is in, in words: for the frame and the bar. Pure: no DOM, no network.

import { countdown, clock } from "./rundown.js";

const WORDS = {
  scheduled: "○ OFF AIR",
  live: "● LIVE",
  held: "❚❚ ON HOLD",
  ended: "■ ENDED",
};
const REHEARSED = { scheduled: "not started", live: "running", held: "on hold", ended: "ended" };
const PROGRAM = {
  scheduled: "off air: viewers wait for the start",
  live: "what viewers see",
  held: "on hold: viewers see the pause",
  ended: "off air: final",
};

/** The frame's mode; "rehearsal" whatever the phase is. */
export function mode(broadcast, phase) {
  return broadcast.rehearsal ? "rehearsal" : phase;
}

/** "● LIVE"; "REHEARSAL · running", which nobody takes for live. */
export function modeWords(broadcast, phase) {
  return broadcast.rehearsal ? `REHEARSAL · ${REHEARSED[phase]}` : WORDS[phase];
}

/** What Program shows. */
export function programWords(phase, focus) {
  return `${PROGRAM[phase]} · view ${focus}`;
}

/** The planned start before the show, the planned end in it; "" if none is planned. */
export function planned({ starts_at: start, ends_at: end, automatic }, phase, now) {
  const [verb, noun, at] =
    phase === "scheduled" ? ["begins", "start", start] : ["ends", "end", end];
  if (at === null || phase === "ended") return "";
  const left = at - now;
  if (left <= 0) return `${noun} was planned for ${clock(at)}, ${countdown(-left)} ago`;
  return `${verb} ${automatic ? "by itself " : ""}at ${clock(at)}, in ${countdown(left)}`;
}
