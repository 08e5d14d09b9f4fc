"""The command's own checks of an experiment. `make faults` runs one with real servers."""

from unittest import TestCase

from django.core.management import CommandError, call_command

from loadtest.common.exit_codes import ExitCode


class Options(TestCase):
    def test_scale_outside_its_range_is_a_usage_error(self):
        with self.assertRaisesRegex(CommandError, "--scale must be between") as caught:
            call_command("swarm", "--matrix", "blog", "--scale", "0")
        self.assertEqual(caught.exception.returncode, ExitCode.USAGE)
