"""The states of the desk."""

from typing import Any

from django.contrib.auth import get_user_model

from tests.looks.evening import DEMO, THREE_CONTESTS, Night, moment
from tests.looks.page_states import click, wait_for
from tests.looks.studio import PAGE, States, Studio
from tests.support.browser import Visit
from tests.support.console import CONNECTED, PROGRAM

STATES = States()
HIGH = {"width": 1440, "height": 1180}  # with all of the draft
TOP = {"x": 0, "y": 0, "width": 1440, "height": 110}
LEFT = {"x": 0, "y": 0, "width": 1110, "height": 1060}  # the maps, the controls and the draft


def user(name: str) -> Any:
    """Return one of the staff users of the demonstration."""
    return get_user_model().objects.get(username=name)


def night(until: str = "", evening: str = DEMO, **fields: Any) -> Night:
    """Return an evening, by default that of 2020, with its rundown, played up to a time."""
    prepared = Night(evening, source="", **fields).prepare()
    return prepared.play(until) if until else prepared


def desk(studio: Studio, night: Night, name: str = "broadcaster", sizes=PAGE) -> list[Visit]:
    """Open the console as one of the users, and wait until it knows who else is here."""
    path = f"/admin/broadcaster/broadcast/{night.broadcast.pk}/console/"
    visits = wait_for(studio.open(path, sizes, user(name)), CONNECTED)
    return wait_for(visits, '[data-desk="people"]:not(:empty)')


def cue(visit: Visit, title: str) -> Any:
    """Return the row of a cue in the rundown."""
    named = visit.page.locator(f'[data-cue="title"]:text-is("{title}")')
    return visit.page.locator(".cue").filter(has=named)


@STATES.add("desk-off-air")
def off_air(studio: Studio) -> list[Visit]:
    planned = night(starts_at=moment("7:00 pm", DEMO))
    studio.at(moment("6:40 pm", DEMO))
    return desk(studio, planned, "editor")


@STATES.add("desk-live")
def live(studio: Studio) -> list[Visit]:
    evening = studio.watch(night("7:06 pm"))
    studio.open(evening.path)
    desk(studio, evening, "editor", PAGE[:1])
    visits = desk(studio, evening, sizes=PAGE[:1])
    cue(visits[0], "C2").locator(".cue-take").click()
    visits[0].wait_for(f'{PROGRAM} [data-part="R"]:text("72")')
    visits += desk(studio, evening, sizes=PAGE[1:])  # a desk has its own Preview: NEXT at first
    studio.keep("console", visits[0].page)
    return visits


def show_draft(visits: list[Visit]) -> list[Visit]:
    """Bring the draft into sight: a wide window becomes higher, a phone is scrolled."""
    visits[0].page.set_viewport_size(HIGH)
    for visit in visits[1:]:
        visit.page.locator(".desk-draft").evaluate("draft => draft.scrollIntoView()")
    return visits


def annotation(race: str, text: str) -> dict[str, str]:
    return {"contest": "president", "at": race, "text": text}


@STATES.add("desk-draft")
def draft(studio: Studio) -> list[Visit]:
    notes = [annotation("PA", "Mail ballots until Friday"), annotation("GA", "Recount is likely")]
    story = {"headline": "Two states may take days", "annotations": notes}
    visits = desk(studio, studio.watch(night("8:11 pm").publish({"story": story}, "8:12 pm")))
    for visit in visits:
        visit.page.click("text=Preview the draft")
        visit.page.select_option('[data-desk="add"]', "president/NV")
        visit.page.check(".call [value=called-D]")
        visit.page.select_option("#draft-annotate", "president/NV")
        visit.page.fill(".draft-note input", "Most of what is left is from Las Vegas")
        visit.page.evaluate("scrollTo(0, 0)")
    return show_draft(visits)


@STATES.add("desk-correction")
def correcting(studio: Studio) -> list[Visit]:
    visits = desk(studio, studio.watch(night("8:11 pm")), "editor")
    for visit in visits:
        row = visit.page.locator('[data-desk="log"] tr', has_text="AZ")
        row.locator("text=Correct").first.click()
        visit.page.fill("#draft-reason", "Too many ballots in Maricopa County are uncounted")
        visit.page.fill("#draft-headline", "Correction: Arizona is not called")
        visit.page.evaluate("scrollTo(0, 0)")
    show_draft(visits)
    studio.keep("console-correction", visits[0].page, clip=LEFT)
    return visits


def approval(studio: Studio) -> tuple[Night, list[Visit]]:
    """Let the broadcaster take the call that decides the presidency."""
    evening = studio.watch(night("9:05 pm"))
    visits = desk(studio, evening)
    cue(visits[0], "PA").locator(".cue-take").click()
    return evening, wait_for(visits, '[data-desk="approval"]:not([hidden])')


@STATES.add("desk-approval-taker")
def approval_taker(studio: Studio) -> list[Visit]:
    return approval(studio)[1]


def approver(studio: Studio) -> list[Visit]:
    """Open the console of the editor, who may confirm what waits."""
    evening, _ = approval(studio)
    return wait_for(desk(studio, evening, "editor"), '[data-desk="approval"]:not([hidden])')


@STATES.add("desk-approval-asked")
def approval_asked(studio: Studio) -> list[Visit]:
    return approver(studio)


@STATES.add("desk-approval-approver")
def approval_approver(studio: Studio) -> list[Visit]:
    visits = approver(studio)
    click(visits, '[data-approval="look"]')
    studio.keep("console-approval", visits[0].page)
    return visits


@STATES.add("desk-scheduled")
def scheduled(studio: Studio) -> list[Visit]:
    evening = studio.watch(night("7:28 pm"))
    visits = desk(studio, evening, "editor")
    page = visits[0].page
    cue(visits[0], "C4").locator('[data-cue="select"]').click()
    page.fill('[data-cue="time"]', "19:40:00")
    page.click("text=Take at")
    wait_for(visits, "text=/^SCHEDULED$/")
    studio.keep("console-scheduled", page.locator(".desk-rundown"))
    return visits


@STATES.add("desk-contests")
def contests(studio: Studio) -> list[Visit]:
    visits = desk(studio, studio.watch(night("7:38 pm", evening=THREE_CONTESTS)), "editor")
    for visit in visits:
        cue(visit, "8 pm").locator('[data-cue="select"]').click()
    return wait_for(visits, "text=At poll close")


@STATES.add("desk-held")
def held(studio: Studio) -> list[Visit]:
    visits = desk(studio, studio.watch(night("8:42 pm")))
    studio.keep("console-held", visits[0].page, clip=TOP)
    return visits


@STATES.add("desk-no-connection")
def no_connection(studio: Studio) -> list[Visit]:
    visits = desk(studio, studio.watch(night("8:06 pm")))
    studio.stop_server()
    return wait_for(visits, "text=no connection")


@STATES.add("desk-rehearsal")
def rehearsal(studio: Studio) -> list[Visit]:
    visits = desk(studio, studio.watch(night("7:26 pm", rehearsal=True)))
    studio.keep("console-rehearsal", visits[0].page, clip=TOP)
    return visits


@STATES.add("desk-ended")
def ended(studio: Studio) -> list[Visit]:
    return desk(studio, studio.watch(night("9:41 pm")), "editor")


@STATES.add("desk-contributor")
def contributor(studio: Studio) -> list[Visit]:
    return desk(studio, studio.watch(night("7:26 pm")), "contributor")
