// An update in a few words. Pure: no DOM, no network.

const KIND_LABELS = { correct: "correction" };

/**
 * Return the parts of a summary:
 * [{units: ["KY", "IN"], words: "→ R"}, {units: [], words: "view OH"}].
 */
export function summaryParts(update) {
  const unitsByResult = new Map();
  for (const [unit, call] of Object.entries(update.calls ?? {})) {
    const words = call.party ? `→ ${call.party}` : call.status.replace("_", " ");
    unitsByResult.set(words, [...(unitsByResult.get(words) ?? []), unit]);
  }
  const parts = [...unitsByResult].map(([words, units]) => ({ units, words }));
  if (update.view) parts.push({ units: [], words: `view ${update.view.focus}` });
  if (update.kind !== "update") {
    parts.unshift({ units: [], words: KIND_LABELS[update.kind] ?? update.kind });
  }
  return parts.length ? parts : [{ units: [], words: "story" }];
}

/** Return the same as text: "KY IN → R, view OH". */
export function summarize(update) {
  return summaryParts(update)
    .map(({ units, words }) => [...units, words].join(" "))
    .join(", ");
}
