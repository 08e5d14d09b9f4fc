"""The supervisor starts processes, and keeps the old ones if a new one does not serve."""

import asyncio
import signal
import sys
from unittest import IsolatedAsyncioTestCase, mock

from viewers.ops import supervisor
from viewers.ops.supervisor import MISSED, WAIT, Supervisor, end_of

SERVES = "import signal; print('Serving on a port', flush=True); signal.pause()"
ENDS_AT_ONCE = "raise SystemExit(1)"
CLOSES_ITS_OUTPUT = "import os, signal; os.close(1); signal.pause()"
MISSING = ["/nowhere/python"]
PRINTS_NOTHING = "import signal; signal.pause()"
WORKS = """
import asyncio, time
from viewers.ops import supervisor

supervisor.BUSY = {busy}

async def work():
    print("Serving on a port", flush=True)
    supervisor.report_alive(asyncio.get_running_loop())
    end = time.monotonic() + {seconds}
    while time.monotonic() < end:
        pass

asyncio.run(work())
"""
LONG = 2 * MISSED * WAIT  # seconds


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

    async def test_roll_without_a_program_keeps_the_old_process(self):
        supervised = self.supervise(SERVES)
        old, _ = await supervised.start()
        supervised.processes = [old]
        supervised.command = MISSING

        with self.assertLogs("viewers.ops.supervisor", "ERROR") as logged:
            await supervised.roll()

        self.assertIn("no server process can be started", logged.output[0])
        self.assertEqual(supervised.processes, [old])
        old.kill()
        await old.wait()

    async def test_process_is_replaced_once_the_program_is_there_again(self):
        self.enterContext(mock.patch.object(supervisor, "RESTART_PAUSE", 0.01))
        old, _ = await self.supervise(ENDS_AT_ONCE).start()
        supervised = self.supervise(SERVES)
        command, supervised.command = supervised.command, MISSING
        supervised.processes = [old]

        async with asyncio.timeout(20):
            with self.assertLogs("viewers.ops.supervisor", "ERROR") as logged:
                keeping = asyncio.create_task(supervised.keep(0))
                while not any("can be started" in line for line in logged.output):
                    await asyncio.sleep(0.01)
                supervised.command = command
                while supervised.processes == [old]:
                    await asyncio.sleep(0.01)

        supervised.stopping.set()
        supervised.processes[0].kill()
        await keeping

    async def test_process_whose_event_loop_is_busy_is_not_replaced(self):
        process, _ = await self.supervise(WORKS.format(busy=2 * LONG, seconds=LONG)).start()

        self.assertEqual(await end_of(process), 0)

    async def test_process_whose_event_loop_hangs_is_killed(self):
        process, _ = await self.supervise(WORKS.format(busy=0.5, seconds=10 * LONG)).start()

        with self.assertLogs("viewers.ops.supervisor", "ERROR") as logged:
            code = await end_of(process)

        self.assertEqual(code, -signal.SIGKILL)
        self.assertIn(f"server process {process.pid} is frozen", logged.output[0])
