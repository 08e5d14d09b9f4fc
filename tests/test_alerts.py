"""deploy/alerts.yml and deploy/dashboard.json, checked with Prometheus' own promtool."""

import json
import re
import subprocess
import tempfile
from pathlib import Path
from unittest import TestCase

from tests.support.programs import find_program

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "deploy/alerts.yml"


class Alerts(TestCase):
    def promtool(self, *arguments):
        command = [find_program("promtool", "prometheus"), *arguments]
        run = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def test_rules_are_valid(self):
        self.promtool("check", "rules", str(RULES))

    def test_faults_alert_and_a_healthy_server_does_not(self):
        cases = (ROOT / "tests/alerts.yml").read_text().replace("RULES", str(RULES))
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            file.write(cases)
            file.flush()
            self.promtool("test", "rules", file.name)

    def test_cases_cover_every_rule(self):
        rules = re.findall(r"- alert: (\w+)", RULES.read_text())
        self.assertIn(f"value: {len(rules)}", (ROOT / "tests/alerts.yml").read_text())

    def test_dashboard_queries_are_valid(self):
        dashboard = json.loads((ROOT / "deploy/dashboard.json").read_text())
        rules = "".join(
            f"      - record: panel{panel['id']}\n        expr: {json.dumps(target['expr'])}\n"
            for panel in dashboard["panels"]
            for target in panel["targets"]
        )
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            file.write(f"groups:\n  - name: panels\n    rules:\n{rules}")
            file.flush()
            self.promtool("check", "rules", file.name)
