"""The outcome of a run as JUnit XML, which CI systems show beside those of tests."""

import re
from collections.abc import Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from loadtest.swarm.report.model import SwarmReport
from loadtest.swarm.report.text import format_value, headline

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 does not allow; a server may send them in an error."""


def as_junit(reports: Sequence[SwarmReport]) -> str:
    """Return a test suite for each run: the server's verdict, the validity, each threshold."""
    suites = Element("testsuites")
    for number, report in enumerate(reports, start=1):
        name = report.label or "swarm"
        suites.append(_suite(report, f"{name} {number}" if len(reports) > 1 else name))
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="unicode") + "\n"


def _suite(report: SwarmReport, name: str) -> Element:
    suite = Element("testsuite", name=name, timestamp=report.started_at)
    verdict = report.verdict
    _case(suite, name, "the server held", "failure", verdict.failures)
    _case(suite, name, "the figures are valid", "error", verdict.invalid)
    for one in report.thresholds:
        value = f"{format_value(one.value)} {one.unit}".strip()
        _case(suite, name, one.text, "failure", [f"measured {value}"] if one.crossed else [])
    if verdict.interrupted:
        _case(suite, name, "the run was complete", "error", [headline(report)])
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(len(suite.findall("*/failure"))))
    suite.set("errors", str(len(suite.findall("*/error"))))
    return suite


def _case(suite: Element, classname: str, name: str, kind: str, reasons: list[str]) -> None:
    case = SubElement(suite, "testcase", classname=classname, name=name)
    if reasons:
        clean = [NOT_XML.sub("�", reason) for reason in reasons]
        SubElement(case, kind, message=clean[0]).text = "\n".join(clean)
