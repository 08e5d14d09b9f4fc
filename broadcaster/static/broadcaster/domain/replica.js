// Contests, the map state, and the replica: a copy of a broadcast that applies its updates in order.
// The same rules as contest.py, mapstate.py and stream.py; tests/vectors/mapstate.json pins both.
// A state is a plain object {phase, view, story, calls, counts}. `calls` and `counts` are by
// contest, then by race; a contest about which nothing was published may be absent.

const PHASE_AFTER = { start: "live", hold: "held", resume: "live", end: "ended" };
export const UNCALLED = "uncalled"; // the key of totals for races that are not decided

/** What is decided and tallied together. `data` is the page's: contest_data() in Python makes it. */
export class Contest {
  constructor({ to_win: toWin, ...data }) {
    const { title, counting, size, parties, held, races, earlier } = data;
    Object.assign(this, { title, counting, toWin, size, parties, held, races, earlier });
    this.shapes = new Set(Object.values(races).flatMap(({ shape, parent }) => [shape, parent]));
    this.partyOf = Object.fromEntries(parties.map((party) => [party.id, party]));
    this.weights = Object.values(races).map(({ weight }) => weight);
  }

  /** Whether races count for different numbers, so that they are worth showing. */
  get isWeighted() {
    return new Set(this.weights).size > 1;
  }

  /** Return the totals of each party, seats held included, and those "uncalled". */
  totals(calls = {}) {
    const won = Object.fromEntries(this.parties.map(({ id }) => [id, this.held[id] ?? 0]));
    won[UNCALLED] = this.weights.reduce((one, other) => one + other, 0);
    for (const [race, { party }] of Object.entries(calls)) {
      if (!party) continue;
      won[party] += this.races[race].weight;
      won[UNCALLED] -= this.races[race].weight;
    }
    return won;
  }

  /** Return the party that has reached the threshold, or "". */
  winner(won) {
    if (this.toWin === null) return "";
    return this.parties.find(({ id }) => won[id] >= this.toWin)?.id ?? "";
  }

  /** Return the name of a party's candidate in the race or the contest, or else of the party. */
  nameOf(party, race = "") {
    return this.races[race]?.names?.[party] ?? this.partyOf[party].name;
  }

  /** Return whether a view of this place shows a race, a shape or a group. Any other shows the whole map. */
  isPlace(place) {
    return place in this.races || (place !== "" && this.shapes.has(place));
  }

  /** Return the name of a place: a race, or else the id of a shape. */
  placeName(place) {
    return this.races[place]?.name ?? place;
  }

  /** Return the shape of a place that a view can focus on, a race or a shape; "" if it has none. */
  shapeOf(place) {
    return this.races[place] ? (this.races[place].shape ?? "") : place;
  }
}

/** Return contests by key, in their order, from their data by key. */
export function contestsOf(data) {
  const pairs = Object.entries(data).map(([key, each]) => [key, new Contest(each)]);
  return Object.fromEntries(pairs);
}

/** Return the state after `change`, an object with the facets of an update in a frame. */
export function apply(state, change) {
  return {
    phase: PHASE_AFTER[change.kind] ?? state.phase,
    view: change.view ?? state.view,
    story: change.story ?? state.story,
    calls: merge(state.calls, change.calls, ({ status }) => status !== "open"),
    counts: merge(state.counts, change.counts, ({ votes }) => Object.keys(votes).length > 0),
  };
}

/** Merge what changed by contest. What is not kept is left out, and so is a contest without any. */
function merge(all, changed, isKept) {
  const merged = { ...all };
  for (const [key, races] of Object.entries(changed ?? {})) {
    const kept = Object.entries({ ...merged[key], ...races }).filter(([, each]) => isKept(each));
    if (kept.length) merged[key] = Object.fromEntries(kept);
    else delete merged[key];
  }
  return merged;
}

/** Return the totals of each contest: {key: {party: n, uncalled: n}}. */
export function totals(contests, calls) {
  const pairs = Object.entries(contests).map(([key, each]) => [key, each.totals(calls[key])]);
  return Object.fromEntries(pairs);
}

/** Return whether the totals of all contests are equal to others. */
export function sameTotals(all, others) {
  const isSame = (one, other = {}) =>
    Object.keys(one).length === Object.keys(other).length &&
    Object.keys(one).every((party) => one[party] === other[party]);
  const keys = Object.keys(all);
  return (
    keys.length === Object.keys(others).length && keys.every((key) => isSame(all[key], others[key]))
  );
}

/** Return what a state has of one contest, as draw() takes it: {calls, counts, view}. */
export function stateOf({ calls, counts, view }, key) {
  const here = view.contest === key ? view : { focus: "", highlight: [] };
  return { calls: calls[key] ?? {}, counts: counts[key] ?? {}, view: here };
}

/** Return the races of calls or counts as pairs [contest, race]. */
export function racesOf(byContest) {
  return Object.entries(byContest ?? {}).flatMap(([contest, races]) =>
    Object.keys(races).map((race) => [contest, race]),
  );
}

/** Return the races of calls or counts in the form "contest/race". */
export function placesOf(byContest) {
  return racesOf(byContest).map((race) => race.join("/"));
}

/** Return the races of one contest among those in the form "contest/race". */
export function racesIn(key, places) {
  const found = places.map((place) => place.split("/")).filter(([contest]) => contest === key);
  return found.map(([, race]) => race);
}

/** Return the name of a race in the form "contest/race": "Ohio", or "Ohio (U.S. Senate 2024)". */
export function nameOfPlace(place, contests) {
  const [contest, race] = place.split("/");
  const { title, races } = contests[contest];
  return Object.keys(contests).length > 1 ? `${races[race].name} (${title})` : races[race].name;
}

/** A place in a log: after update `seq` of the history `epoch`. */
export class Position {
  constructor(epoch, seq) {
    this.epoch = epoch;
    this.seq = seq;
  }

  toString() {
    return `${this.epoch}:${this.seq}`;
  }
}

/** A copy that applies the next update, ignores an earlier one, and reports a gap. */
export class Replica {
  /** Starts from a snapshot: {epoch, seq, at, contests, state}. */
  constructor({ epoch, seq, at, contests, state }) {
    this.position = new Position(epoch, seq);
    this.at = at;
    this.digests = JSON.stringify(contests); // of the contests' editions, by key
    this.state = state;
  }

  /** Return whether its contests are the editions with these digests, by key. */
  hasContests(digests) {
    return JSON.stringify(digests) === this.digests;
  }

  /** Apply an update if it is the next one. Return "applied", "seen" or "gap". */
  apply(epoch, update) {
    const { position } = this;
    if (epoch !== position.epoch || update.seq > position.seq + 1) return "gap";
    if (update.seq <= position.seq) return "seen";
    this.state = apply(this.state, update);
    this.position = new Position(epoch, update.seq);
    this.at = update.at;
    return "applied";
  }
}
