// A viewer's own calls of a contest as one short code: for each race, by id, as many bits as the
// number of its choices needs. scenario.py writes and reads the same codes; tests/vectors/scenario.json
// pins both.

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** Return the code for `calls`: race → party; races that are open may be absent. */
export function encode({ races, parties }, calls) {
  const width = parties.length.toString(2).length;
  const place = Object.fromEntries(parties.map(({ id }, index) => [id, index + 1]));
  const bits = Object.keys(races)
    .sort()
    .map((race) => (place[calls[race]] ?? 0).toString(2).padStart(width, "0"))
    .join("");
  const bytes = Math.ceil(bits.length / 8);
  const whole = bits.padStart(bytes * 8, "0").padEnd(Math.ceil((bytes * 8) / 6) * 6, "0");
  return whole.match(/.{6}/g).map((six) => ALPHABET[parseInt(six, 2)]).join("");
}

/** Return the party that a click gives a race: each of the contest's in turn, open (""), and again. */
export function next({ parties }, party) {
  const choices = ["", ...parties.map(({ id }) => id)];
  return choices[(choices.indexOf(party) + 1) % choices.length];
}
