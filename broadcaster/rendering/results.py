"""The results of a broadcast's contests as data for other programs: `results.json`."""

from datetime import UTC, datetime

from broadcaster.domain.change import OPEN, Call, Count, JsonObject, RaceKey
from broadcaster.domain.contest import UNCALLED, Contest, Race
from broadcaster.domain.mapstate import MapState
from broadcaster.domain.recording import Recording
from broadcaster.domain.stream import Update

SCHEMA = "mapcenter.results/1"


def results(recording: Recording, rehearsal: bool) -> JsonObject:
    """Return the results at the end of a recording, and what was said of each race before.

    docs/protocol.md describes the keys. Times are in ISO 8601, UTC.
    """
    *_, state = recording.states()
    history = _by_race(recording)
    return {
        "schema": SCHEMA,
        "broadcast": recording.slug,
        "title": recording.title,
        "rehearsal": rehearsal,
        "phase": state.phase,
        "epoch": recording.epoch,
        "seq": len(recording.updates),
        "updated": _iso(recording.updates[-1].at) if recording.updates else None,
        "headline": state.story.headline,
        "contests": [
            _contest(key, contest, state, history)
            for key, contest in recording.show.contests.items()
        ],
    }


def _contest(
    key: str, contest: Contest, state: MapState, history: dict[RaceKey, list[Update]]
) -> JsonObject:
    totals = state.totals[key]
    calls, counts = state.calls.get(key, {}), state.counts.get(key, {})
    return {
        "key": key,
        "id": contest.id,
        "title": contest.title,
        "counting": contest.counting,
        "to_win": contest.to_win,
        "uncalled": totals[UNCALLED],
        "parties": [
            {
                "id": party.id,
                "name": party.name,
                "letter": party.letter,
                "won": totals.get(party.id, 0),
                "held": contest.held.get(party.id, 0),
            }
            for party in contest.parties
        ],
        "races": [
            _race(
                key,
                contest,
                race,
                calls.get(race.id, OPEN),
                counts.get(race.id),
                history.get((key, race.id), []),
            )
            for race in contest.races
        ],
    }


def _race(
    key: str, contest: Contest, race: Race, call: Call, count: Count | None, history: list[Update]
) -> JsonObject:
    return {
        "id": race.id,
        "name": race.name,
        "weight": race.weight,
        **_words(contest, race, call),
        "votes": count.votes if count else {},
        "expected": count.expected if count else None,
        "history": [
            {
                "seq": update.seq,
                "at": _iso(update.at),
                **_words(contest, race, update.called[key, race.id]),
                "corrects": update.corrects,
                "reason": update.reason,
            }
            for update in history
        ],
    }


def _words(contest: Contest, race: Race, call: Call) -> JsonObject:
    """Return status, party and the name of the winner; the latter two are None if undecided."""
    winner = contest.name_of(call.party, race.id) if call.party else None
    return {"status": call.status, "party": call.party or None, "winner": winner}


def _by_race(recording: Recording) -> dict[RaceKey, list[Update]]:
    """Return the updates that said something about each race, oldest first."""
    found: dict[RaceKey, list[Update]] = {}
    for update in recording.updates:
        for race in update.called:
            found.setdefault(race, []).append(update)
    return found


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")
