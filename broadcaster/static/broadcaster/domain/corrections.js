// The updates that made the present calls, and so the update that a correction names.
// Pure: no DOM, no network. tests/vectors/corrections.json holds this module and the server's rule
// to the same cases.

/**
 * Return the updates that a correction of `unit` may name, as seqs, oldest first: every update that
 * called it for its present party and was followed by no other result. The first of them made the
 * call; 0 is the map that the broadcast began with. Empty if the unit is not decided.
 *
 * `history` is {initial, updates}: the calls of the first map, and the newest updates in order.
 */
export function seqsOfCall(unit, { initial, updates }) {
  const seqs = [];
  let party; // the present one, from the newest update that names the unit
  for (const { seq, calls } of [...updates].reverse()) {
    const call = calls?.[unit];
    if (!call) continue;
    party ??= call.party;
    if (!party || call.party !== party) return seqs;
    seqs.unshift(seq);
  }
  const reachesBack = !updates.length || updates[0].seq === 1; // else older updates are missing
  const first = initial[unit]?.party;
  if (reachesBack && first && (party ?? first) === first) seqs.unshift(0);
  return seqs;
}

/** Return the newest update that called all of `units` as they stand, as seq, or undefined. */
export function seqToCorrect(units, history) {
  const [first, ...others] = units.map((unit) => seqsOfCall(unit, history));
  return first?.findLast((seq) => others.every((seqs) => seqs.includes(seq)));
}
