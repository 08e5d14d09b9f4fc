// A viewer's own calls in one short code: two bits a unit, three units a character. Pure.
// scenario.py writes and reads the same; tests/vectors/scenario.json holds both to it.

const CHOICES = ["", "D", "R", "O"]; // by the value of a unit's two bits; "" is open
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** The code for `parties`, unit -> party. `units` has all 56 in alphabetical order. */
export function encode(units, parties) {
  const values = [...units.map((unit) => CHOICES.indexOf(parties[unit] ?? "")), 0];
  let code = "";
  for (let i = 0; i < values.length; i += 3) {
    code += ALPHABET[values[i] * 16 + values[i + 1] * 4 + values[i + 2]];
  }
  return code;
}

/** What a click makes of a unit: D, R, other, open, and around again. */
export function next(party) {
  return CHOICES[(CHOICES.indexOf(party) + 1) % CHOICES.length];
}
