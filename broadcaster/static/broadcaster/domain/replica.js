// The map state, and the replica: a copy of a broadcast that applies its updates in order.
// The same rules as mapstate.py, electoral.py and stream.py; tests/vectors/mapstate.json pins both.
// A state is a plain object {election, phase, view, calls, story}.

const PHASE_AFTER = { start: "live", hold: "held", resume: "live", end: "ended" };

/** Return the state after `change`, an object with the facets of an update in a frame. */
export function apply(state, change) {
  return {
    election: state.election,
    phase: PHASE_AFTER[change.kind] ?? state.phase,
    view: change.view ?? state.view,
    calls: change.calls ? merge(state.calls, change.calls) : state.calls,
    story: change.story ?? state.story,
  };
}

function merge(calls, changed) {
  const merged = Object.entries({ ...calls, ...changed });
  return Object.fromEntries(merged.filter(([, call]) => call.status !== "open"));
}

/** Sum up `votes` (by unit) as {D, R, uncalled}, with O once other parties have any. */
export function totals(votes, calls) {
  const count = { D: 0, R: 0, uncalled: 0 };
  for (const [unit, each] of Object.entries(votes)) {
    const winner = calls[unit]?.party ?? "uncalled";
    count[winner] = (count[winner] ?? 0) + each;
  }
  return count;
}

/** Return whether two totals are equal. */
export function sameTotals(one, other) {
  const parties = Object.keys(one);
  return (
    parties.length === Object.keys(other).length && parties.every((p) => one[p] === other[p])
  );
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
  /** Starts from a snapshot: {epoch, seq, at, state}. */
  constructor({ epoch, seq, at, state }) {
    this.position = new Position(epoch, seq);
    this.at = at;
    this.state = state;
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
