// Text of the newsroom within our own sentences. bidi.py does the same.

// Letters written from right to left, and the characters that set a direction.
const DIRECTIONAL = /[\u0590-\u08ff\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc]/;
const [FIRST_STRONG_ISOLATE, POP_ISOLATE] = ["\u2068", "\u2069"];

/** Return text that cannot change the direction of the words around it. */
export function isolate(text) {
  return DIRECTIONAL.test(text) ? `${FIRST_STRONG_ISOLATE}${text}${POP_ISOLATE}` : text;
}
