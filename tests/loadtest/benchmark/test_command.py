"""manage.py benchmark: its options. tests/end_to_end/faults/fault_benchmark.py has real runs."""

from unittest import TestCase

from django.core.management import CommandError, call_command


class Options(TestCase):
    def test_invalid_options_are_explained(self):
        for code, remedy, option, value in (
            (2, "at least 1", "--viewers", "0"),
            (2, "at least 1", "--messages", "0"),
            (6, "ulimit -Hn", "--viewers", "100000000"),
        ):
            with self.assertRaisesRegex(CommandError, remedy) as caught:
                call_command("benchmark", option, value)
            self.assertEqual(caught.exception.returncode, code)
