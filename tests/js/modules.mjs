// Lets Node load the pages' modules. In browsers, viewers/ and broadcaster/ are side by side below
// /static/; on disk, each is in its own app.

import { readFileSync } from "node:fs";
import { register } from "node:module";

const hook = `
  export async function resolve(specifier, context, next) {
    const found = await next(specifier.replace(/^\\.\\.\\/\\.\\.\\/broadcaster\\//, "${new URL(
      "../../broadcaster/static/broadcaster/",
      import.meta.url,
    )}"), context);
    return found.url.includes("/static/") ? { ...found, format: "module" } : found;
  }
`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);

/** Import a module by its path below /static/. */
export function load(path) {
  const app = path.split("/")[0];
  return import(new URL(`../../${app}/static/${path}`, import.meta.url));
}

/** Return test vectors, which Python's tests use as well. */
export function vectors(name) {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url)));
}

/** Set the language of the modules, with the messages that a page in it would bring. */
export async function useLanguage(language = "en") {
  const { setLanguage } = await load("broadcaster/domain/translation.js");
  if (language === "en") return setLanguage(null);
  const file = new URL(`../../locale/${language}/LC_MESSAGES/djangojs.po`, import.meta.url);
  setLanguage({ language, messages: parsePo(readFileSync(file, "utf8")) });
}

/** Return the translations in a .po file by English text; of a plural, [for one, for more]. */
function parsePo(text) {
  const messages = {};
  for (const entry of text.replaceAll('"\n"', "").split("\n\n")) {
    const lines = [...entry.matchAll(/^(\w+)\S* (".*")$/gm)];
    const values = (name) =>
      lines.filter(([, key]) => key === name).map(([, , text]) => JSON.parse(text));
    const [id] = values("msgid");
    const isPlural = values("msgid_plural").length > 0;
    messages[id] = isPlural ? values("msgstr") : values("msgstr")[0];
  }
  return messages;
}

const { Contest } = await load("broadcaster/domain/replica.js");

/** Return a contest of tests/vectors/contests.json, as pages get it. */
export function contest(id, language = "en") {
  return new Contest(vectors("contests")[language][id]);
}

/** Return contests by key from their ids by key. */
export function contests(ids, language) {
  return Object.fromEntries(Object.entries(ids).map(([key, id]) => [key, contest(id, language)]));
}
