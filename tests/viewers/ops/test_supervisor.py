"""The supervisor starts processes, and keeps the old ones if a new one does not serve."""

import sys
from unittest import IsolatedAsyncioTestCase, mock

from viewers.ops import supervisor
from viewers.ops.supervisor import Supervisor

SERVES = "import signal; print('Serving on a port', flush=True); signal.pause()"
ENDS_AT_ONCE = "raise SystemExit(1)"
CLOSES_ITS_OUTPUT = "import os, signal; os.close(1); signal.pause()"
PRINTS_NOTHING = "import signal; signal.pause()"


class SupervisorTests(IsolatedAsyncioTestCase):
    def supervise(self, program):
        return Supervisor([sys.executable, "-c", program], 1, ready=lambda: None)

    def setUp(self):
        self.enterContext(mock.patch.object(supervisor, "START_TIMEOUT", 2.0))

    async def start(self, program):
        process, serves = await self.supervise(program).start()
        if process.returncode is None:
            process.kill()
        await process.wait()
        return serves

    async def test_process_that_prints_its_line_serves(self):
        self.assertTrue(await self.start(SERVES))

    async def test_process_that_ends_or_closes_its_output_or_hangs_does_not_serve(self):
        for program in (ENDS_AT_ONCE, CLOSES_ITS_OUTPUT, PRINTS_NOTHING):
            with self.subTest(program):
                self.assertFalse(await self.start(program))

    async def test_roll_onto_a_program_that_does_not_serve_keeps_the_old_process(self):
        supervised = self.supervise(SERVES)
        old, _ = await supervised.start()
        supervised.processes = [old]
        supervised.command = [sys.executable, "-c", ENDS_AT_ONCE]

        with self.assertLogs("viewers.ops.supervisor", "ERROR"):
            await supervised.roll()

        self.assertEqual(supervised.processes, [old])
        self.assertIsNone(old.returncode)
        old.kill()
        await old.wait()
