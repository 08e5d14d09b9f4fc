// A viewer's own calls as one short code: two bits per unit, three units per character.
// scenario.py writes and reads the same codes; tests/vectors/scenario.json pins both.

const CHOICES = ["", "D", "R", "O"]; // the party for each value of two bits; "" is open
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** Return the code for `parties`: unit → party. `units` has all 56 in alphabetical order. */
export function encode(units, parties) {
  const values = [...units.map((unit) => CHOICES.indexOf(parties[unit] ?? "")), 0];
  let code = "";
  for (let i = 0; i < values.length; i += 3) {
    code += ALPHABET[values[i] * 16 + values[i + 1] * 4 + values[i + 2]];
  }
  return code;
}

/** Return the party that a click gives a unit: D, R, O, open, and again. */
export function next(party) {
  return CHOICES[(CHOICES.indexOf(party) + 1) % CHOICES.length];
}
