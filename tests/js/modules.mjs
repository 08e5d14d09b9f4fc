// Lets Node load the pages' modules. Browsers find viewers/ and broadcaster/ side by side under
// /static/; on disk each lies in its own app.

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

/** A module by its path below /static/. */
export function load(path) {
  const app = path.split("/")[0];
  return import(new URL(`../../${app}/static/${path}`, import.meta.url));
}

/** Test vectors, which Python's tests read as well. */
export function vectors(name) {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url)));
}

/** Let the modules speak a language, with the words that a page in it would bring. */
export async function speakIn(language = "en") {
  const { speak } = await load("broadcaster/domain/translation.js");
  if (language === "en") return speak(null);
  const file = new URL(`../../locale/${language}/LC_MESSAGES/scripts.json`, import.meta.url);
  speak({ language, messages: JSON.parse(readFileSync(file)) });
}

/** Electoral votes by unit, and the candidates, as the page gets them. */
export function election(year, language = "en") {
  const facts = JSON.parse(
    readFileSync(new URL("../../broadcaster/data/election_facts.json", import.meta.url)),
  );
  const { apportionment, D, R } = facts.elections[year];
  const surname = (name) => name.split(" ").at(-1);
  return {
    year,
    votes: facts.apportionments[apportionment].units,
    candidates: { D: surname(D), R: surname(R), O: { en: "Other", es: "Otros" }[language] },
  };
}
