"""The form of a load test: a field for each option of `manage.py swarm` that describes a plan."""

import argparse
from typing import Any

from django import forms

from loadtest.common.plan_options import parse_options, plan_parser, read_plan
from loadtest.control.starting import own_url
from loadtest.control.thresholds import parse_threshold
from loadtest.models import LoadTest

GROUPS = {
    "Audience": ("url", "clients", "simulators", "on", "transport", "poll_share", "poll_reopen"),
    "Arrival": ("ramp", "shape", "page", "storm"),
    "Updates": ("rounds", "settle", "drain"),
    "Viewers as they are": ("churn", "asleep", "slow", "fallback", "expect_restart"),
    "Network": ("client_pool", "source_ip", "metrics", "insecure"),
}
"""The options in the order of the form."""
RARE = ("Viewers as they are", "Network")
"""Groups that are folded at first."""

LABELS = {"url": "server", "on": "simulators run on", "page": "page first", "source_ip": "from"}


class RepeatedField(forms.CharField):
    """Values separated by spaces, for an option that may be repeated."""

    def to_python(self, value: Any) -> Any:
        return value if isinstance(value, list) else (super().to_python(value) or "").split()

    def prepare_value(self, value: Any) -> Any:
        return " ".join(value) if isinstance(value, list) else value


def field_of(option: argparse.Action) -> forms.Field:
    """Return the form field of an option."""
    default = own_url() if option.dest == "url" else option.default
    help_text = (option.help or "") % {"default": default}
    common: dict[str, Any] = {
        "label": LABELS.get(option.dest, option.dest.replace("_", " ")).capitalize(),
        "help_text": f"{help_text[:1].upper()}{help_text[1:]}.",
        "required": False,
    }
    if isinstance(option, argparse._StoreTrueAction):
        return forms.BooleanField(**common)
    if isinstance(option, argparse._AppendAction):
        return RepeatedField(**common)
    common["initial"] = default
    if option.choices:
        return forms.ChoiceField(choices=[(each, each) for each in option.choices], **common)
    if option.type is float:
        return forms.FloatField(**common)
    if option.type is not None:
        return forms.IntegerField(min_value=1, **common)
    return forms.CharField(**common)


OPTIONS = {option.dest: option for option in plan_parser()._actions}


class PlanForm(forms.ModelForm):
    """Reads and writes `LoadTest.plan`; the subclass below has its fields."""

    class Meta:
        model = LoadTest
        fields = ["name", "note", "thresholds", "matrix_scale"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, value in self.instance.plan.items():
            if name in self.fields:
                self.initial[name] = value

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if self.errors:
            return found
        plan = {}
        for name in OPTIONS:
            value, initial = found.get(name), self.fields[name].initial
            if value not in (None, "", [], False) and str(value) != str(initial):
                plan[name] = value
        try:
            options = parse_options(plan)
            rounds = read_plan(options, options["simulators"] or 1).rounds
            for line in found["thresholds"].splitlines():
                if line.strip():
                    parse_threshold(line, rounds)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
        self.instance.plan = plan
        return found


LoadTestForm = type(
    "LoadTestForm", (PlanForm,), {name: field_of(option) for name, option in OPTIONS.items()}
)
