// Translates the texts of scripts into the language of the page: English, unless the page brought
// the messages of another.

const ENGLISH = { language: "en", messages: {} };
let current = ENGLISH;

/** Set the language. `words` is {language, messages} as script_words() gives it; null: English. */
export function setLanguage(words) {
  current = words ?? ENGLISH;
}

/** Return the language, as in <html lang>. */
export function language() {
  return current.language;
}

/** Mark a text for the catalogue, to be translated later. */
export function gettext_noop(text) {
  return text;
}

/** Translate a text; each %(name)s in it is replaced by `values.name`, and %% by a percent sign. */
export function gettext(text, values = {}) {
  return fill(current.messages[text] ?? text, values);
}

/** Translate a text for a number, which it has as %(count)s. */
export function ngettext(one, more, count) {
  const [forOne, forMore] = current.messages[one] ?? [one, more];
  return fill(count === 1 ? forOne : forMore, { count });
}

function fill(text, values) {
  return text.replace(/%\((\w+)\)s|%%/g, (_, name) => (name ? values[name] : "%"));
}
