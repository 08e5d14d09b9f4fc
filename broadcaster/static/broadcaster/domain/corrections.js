// The updates that made the present calls, and so the update that a correction names.
// Pure: no DOM, no network. tests/vectors/corrections.json holds this module and the server's rule
// to the same cases. A race is a pair [contest, race].

/**
 * Return the updates that a correction of a race may name, as seqs, oldest first: every update that
 * called it for its present party and was followed by no other result. The first of them made the
 * call; 0 is the map that the broadcast began with. Empty if the race is not decided.
 *
 * `history` is {initial, updates}: the calls of the first map, and the newest updates in order.
 */
export function seqsOfCall([contest, race], { initial, updates }) {
  const seqs = [];
  let party; // the present one, from the newest update that names the race
  for (const { seq, calls } of [...updates].reverse()) {
    const call = calls?.[contest]?.[race];
    if (!call) continue;
    party ??= call.party;
    if (!party || call.party !== party) return seqs;
    seqs.unshift(seq);
  }
  const reachesBack = !updates.length || updates[0].seq === 1; // else older updates are missing
  const first = initial[contest]?.[race]?.party;
  if (reachesBack && first && (party ?? first) === first) seqs.unshift(0);
  return seqs;
}

/** Return the newest update that called all of `races` as they stand, as seq, or undefined. */
export function seqToCorrect(races, history) {
  const [first, ...others] = races.map((race) => seqsOfCall(race, history));
  return first?.findLast((seq) => others.every((seqs) => seqs.includes(seq)));
}
