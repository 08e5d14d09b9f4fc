"""Plays the states and saves their pictures, in a process whose clock can be set."""

import io
import time

from django.core.management import call_command

from tests.looks import admin_states, desk_states, page_states, public_states, sheet
from tests.looks.studio import PICTURES, State, Studio
from tests.support.browser import violations

STATES = (*page_states.STATES, *public_states.STATES, *desk_states.STATES, *admin_states.STATES)
SCHEMES = ("light", "dark")
LOAD_PICTURES = """async () => {
    const seen = [...document.images].filter((each) => each.checkVisibility()
        && each.getBoundingClientRect().top < innerHeight);
    if (!seen.length) return;
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    await Promise.all(seen.map((each) => each.decode()));
}"""
"""Waits for the pictures in view, which may be others in the other colour scheme."""
CHECKED = ((0, "light"), (1, "dark"))  # the views that axe checks: sizes and schemes


def play_states(names: list[str], axe: bool) -> int:
    """Play the states that `names` begin, or all. Return the exit status."""
    chosen = [each for each in STATES if not names or each.name.startswith(tuple(names))]
    if not chosen:
        print(f"No such state. There are: {', '.join(each.name for each in STATES)}")
        return 1
    call_command("migrate", verbosity=0)
    call_command("demo", stdout=io.StringIO())
    found = []
    with Studio() as studio:
        for each in chosen:
            began = time.monotonic()
            size, problems = shoot(studio, each, axe)
            took = time.monotonic() - began
            words = f"{each.name}: {size / 1000:.0f} kB, {took:.1f} s"
            print(words, *problems, sep="\n  ", flush=True)
            found += problems
    return 1 if found else 0


def shoot(studio: Studio, state: State, axe: bool) -> tuple[int, list[str]]:
    """Save the picture of a state. Return its size in bytes, and violations if `axe`."""
    visits = state.play(studio)
    rows: list[list[sheet.View]] = [[] for _ in {size.row for size in state.sizes}]
    found = []
    for number, (size, visit) in enumerate(zip(state.sizes, visits, strict=True)):
        visit.page.mouse.move(0, 0)  # where it is over nothing
        visit.page.evaluate("document.activeElement?.blur()")
        for scheme in SCHEMES:
            visit.page.emulate_media(color_scheme=scheme)
            visit.page.evaluate(LOAD_PICTURES)
            png = visit.page.screenshot(full_page=state.whole, animations="disabled")
            label = f"{size.width} {scheme}"
            rows[size.row].append(sheet.View(label, png, size.scale / size.density))
            if axe and (number, scheme) in CHECKED and visit.has_scripts:  # axe is a script
                errors = visit.errors.copy()
                found += [f"{label}: {each}" for each in violations(visit.page)]
                visit.errors[:] = errors  # the page's policy blocks styles of axe
    studio.close_pages()
    return sheet.save(rows, PICTURES / "states" / f"{state.name}.webp"), found
