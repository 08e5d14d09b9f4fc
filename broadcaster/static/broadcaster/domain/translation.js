// What scripts say, in the language of the page: English unless the page brought other words.

const ENGLISH = { language: "en", messages: {} };
let spoken = ENGLISH;

/** Speak as the page does. `words` is {language, messages} as script_words() gives it, or null. */
export function speak(words) {
  spoken = words ?? ENGLISH;
}

/** The language that is spoken, as in <html lang>. */
export function language() {
  return spoken.language;
}

/** Marks a text for the catalogue. */
export function gettext_noop(text) {
  return text;
}

/** A text in that language, each %(name)s in it replaced by `values.name`. */
export function gettext(text, values = {}) {
  return fill(spoken.messages[text] ?? text, values);
}

/** The same for a `count`, which the text has as %(count)s. */
export function ngettext(one, more, count) {
  const [forOne, forMore] = spoken.messages[one] ?? [one, more];
  return fill(count === 1 ? forOne : forMore, { count });
}

function fill(text, values) {
  return text.replace(/%\((\w+)\)s/g, (_, name) => values[name]);
}
