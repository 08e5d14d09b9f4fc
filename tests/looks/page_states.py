"""The states of the viewer's page."""

from datetime import timedelta

from broadcaster.domain.contest import shipped
from tests.looks.evening import Night, moment
from tests.looks.studio import States, Studio
from tests.support.browser import Visit

STATES = States()

LONG = (
    "Pennsylvania, the first of the three states along the lakes, goes to Trump, who needs three "
    "more electoral votes; the count goes on in Michigan, Wisconsin, Arizona, Nevada and Alaska, "
    "till dawn"
)
"""As long as a headline may be."""
LONG_BODY = (
    "Pennsylvania is called after Philadelphia’s mail ballots left too few to count. Michigan and "
    "Wisconsin count theirs through the night, Arizona and Nevada those that came by mail today. "
    "Alaska counts the last of its ballots next week."
)
ARABIC = "🗳️ ولاية كارولاينا الشمالية لترامب: 16 صوتًا انتخابيًا 🎉"
TOO_CLOSE = {
    "calls": {
        "president": {
            "GA": {"status": "too_close"},
            "PA": {"status": "too_close"},
            "AZ": {"status": "too_early"},
        }
    },
    "story": {
        "headline": "Georgia and Pennsylvania are too close to call",
        "body": "Both are within half a point. Philadelphia counts its mail ballots through the "
        "night.",
    },
}
COUNTS = {
    "GA": (2_310_000, 2_330_000, 0.91),
    "PA": (2_980_000, 3_001_000, 0.83),
    "MI": (1_720_000, 1_790_000, 0.62),
    "WI": (1_210_000, 1_262_000, 0.71),
    "AZ": (890_000, 884_000, 0.48),
    "MN": (1_240_000, 1_150_000, 0.74),
}
"""Invented votes of both parties, and the share of the votes that is counted."""


def middle(studio: Studio, **fields) -> Night:
    """Return a night with half of the calls, two states too close and one too early to call."""
    night = Night(**fields).play("11:19 pm")
    counts = {
        race: {"votes": {"D": democrats, "R": republicans}, "expected": share}
        for race, (democrats, republicans, share) in COUNTS.items()
    }
    night.publish({"counts": {"president": counts}}, "11:19:40 pm")
    return studio.watch(night.publish(TOO_CLOSE, "11:21:07 pm"))


def wait_for(visits: list[Visit], selector: str) -> list[Visit]:
    """Wait until each of the pages has an element. Return the pages."""
    for visit in visits:
        visit.wait_for(selector)
    return visits


def click(visits: list[Visit], selector: str) -> list[Visit]:
    """Click an element of each of the pages. Return the pages."""
    for visit in visits:
        visit.page.click(selector)
    return visits


@STATES.add("page-begins-today")
def begins_today(studio: Studio) -> list[Visit]:
    night = Night(starts_at=moment("7:00 pm"))
    studio.at(moment("6:20 pm"))
    return studio.open(night.path)


@STATES.add("page-begins-another-day")
def begins_another_day(studio: Studio) -> list[Visit]:
    night = Night(starts_at=moment("7:00 pm"))
    studio.at(moment("6:20 pm") - timedelta(days=1))
    return studio.open(night.path)


@STATES.add("page-live-empty")
def live_empty(studio: Studio) -> list[Visit]:
    return studio.open(studio.watch(Night().play("7:01 pm")).path)


@STATES.add("page-live-middle")
def live_middle(studio: Studio) -> list[Visit]:
    visits = studio.open(middle(studio).path)
    studio.keep("viewer", visits[0].page)
    return visits


@STATES.add("page-scrolled")
def scrolled(studio: Studio) -> list[Visit]:
    visits = studio.open(middle(studio).path)
    for visit in visits:
        visit.page.evaluate("document.querySelector('.log').scrollIntoView()")
    return wait_for(visits, ".scoreboard[data-compact]")


@STATES.add("page-table")
def table(studio: Studio) -> list[Visit]:
    visits = studio.open(middle(studio).path)
    for party in ("", "D"):
        click(visits, f'[data-group="{party}"] summary')
    for visit in visits:
        visit.page.evaluate("document.querySelector('[data-part=results]').scrollIntoView()")
    return wait_for(visits, ".scoreboard[data-compact]")


@STATES.add("page-fresh")
def fresh(studio: Studio) -> list[Visit]:
    night = middle(studio)
    visits = studio.open(night.path)
    night.call("D", "MN", "Minnesota goes to Harris: 10 electoral votes", "11:21:40 pm")
    for visit in visits:
        visit.wait_for('.map-fresh[d^="M"]', state="attached")
        visit.page.evaluate(
            "document.getAnimations().forEach((each) => each.cancel())"
        )  # no fading
    return visits


@STATES.add("page-decided")
def decided(studio: Studio) -> list[Visit]:
    night = Night().play("1:41 am")
    story = {
        "headline": "Trump wins the presidency",
        "body": "Wisconsin and Alaska bring him to 280. Three states are still counting.",
    }
    return studio.open(studio.watch(night.publish({"story": story}, "1:41:30 am")).path)


@STATES.add("page-exploring")
def exploring(studio: Studio) -> list[Visit]:
    visits = studio.open(middle(studio).path)
    for visit in visits:
        visit.page.click('.map-shapes [data-unit="GA"]')
        visit.page.click('[data-action="zoom"]')
    wait_for(visits, '.map[data-focus="GA"]')
    studio.keep("exploring", visits[0].page)
    return visits


@STATES.add("page-card")
def card(studio: Studio) -> list[Visit]:
    visits = studio.open(middle(studio).path)
    click(visits, '.map-shapes [data-unit="PA"]')
    return wait_for(visits, '[data-part="facts"]:has-text("Pennsylvania")')


@STATES.add("page-paused")
def paused(studio: Studio) -> list[Visit]:
    night = middle(studio)
    visits = click(studio.open(night.path), '.actions [data-action="pause"]')
    night.call("D", "MN", "Minnesota goes to Harris: 10 electoral votes", "11:21:40 pm")
    return wait_for(visits, '[data-notice="paused"]:has-text("1")')


@STATES.add("page-delayed")
def delayed(studio: Studio) -> list[Visit]:
    visits = studio.open(middle(studio).path)
    for visit in visits:
        visit.page.click(".more summary")
        visit.page.select_option('[data-part="delay"]', "10")
        visit.page.click(".more summary")
    return wait_for(visits, "text=Delayed by 10 s")


@STATES.add("page-reconnecting")
def reconnecting(studio: Studio) -> list[Visit]:
    visits = studio.open(middle(studio).path)
    studio.stop_server()
    return wait_for(visits, '[data-state="reconnecting"]')


@STATES.add("page-offline")
def offline(studio: Studio) -> list[Visit]:
    visits = studio.open(middle(studio).path)
    for visit in visits:
        visit.context.set_offline(True)
    return wait_for(visits, '[data-state="offline"]')


@STATES.add("page-held")
def held(studio: Studio) -> list[Visit]:
    night = middle(studio)
    visits = studio.open(night.path)
    story = {"headline": "We will be back at half past eleven"}
    night.publish({"kind": "hold", "story": story}, "11:21:50 pm")
    return wait_for(visits, '[data-state="held"]')


@STATES.add("page-final")
def final(studio: Studio) -> list[Visit]:
    return studio.open(studio.watch(Night().play("4:01 am")).path)


@STATES.add("page-rehearsal")
def rehearsal(studio: Studio) -> list[Visit]:
    return studio.open(middle(studio, rehearsal=True).path)


@STATES.add("page-no-javascript")
def no_javascript(studio: Studio) -> list[Visit]:
    return studio.open(middle(studio).path, java_script_enabled=False)


@STATES.add("page-contests")
def contests(studio: Studio) -> list[Visit]:
    visits = click(studio.open(middle(studio).path), '[data-contest="senate"]')
    return wait_for(visits, '[data-contest="senate"][aria-current]')


@STATES.add("page-house")
def house(studio: Studio) -> list[Visit]:
    night = Night(title="The House 2026", ids={"house": "us-house-2026"})
    night.publish({"kind": "start", "story": {"headline": "435 seats"}}, "7:00:17 pm")
    races = [race.id for race in shipped("us-house-2026").races]
    night.call("D", " ".join(races[1::5] + races[2::5]), "Seats of the East", "9:02:10 pm")
    night.call("R", " ".join(races[3::5]), "Democrats lead in the House by 87 seats", "9:40:44 pm")
    visits = studio.open(studio.watch(night).path)
    studio.keep("house", visits[0].page.locator(".picture-map"))
    return visits


@STATES.add("page-correction")
def correction(studio: Studio) -> list[Visit]:
    night = middle(studio)
    night.call("R", "AZ", "Arizona goes to Trump: 11 electoral votes", "11:24:12 pm")
    why = "Called too early: too many ballots in Maricopa County are uncounted."
    night.correct("AZ", "Correction: Arizona is not called", why, "11:31:33 pm")
    visits = studio.open(studio.watch(night).path)
    studio.keep("viewing", visits[0].page)
    return visits


@STATES.add("page-long-headline")
def long_headline(studio: Studio) -> list[Visit]:
    night = Night().play("1:21 am")
    story = {"headline": LONG, "body": LONG_BODY}
    visits = studio.open(studio.watch(night.publish({"story": story}, "1:24:31 am")).path)
    for visit in visits:
        visit.wait_for('.map-counties[d]:not([d=""])', state="attached")
    return visits


@STATES.add("page-arabic-headline")
def arabic_headline(studio: Studio) -> list[Visit]:
    night = middle(studio)
    night.publish({"story": {"headline": ARABIC}}, "11:22:09 pm")
    return studio.open(studio.watch(night).path)


@STATES.add("page-spanish")
def spanish(studio: Studio) -> list[Visit]:
    visits = studio.open(f"/es{middle(studio).path}")
    studio.keep("spanish", visits[0].page)
    return visits
