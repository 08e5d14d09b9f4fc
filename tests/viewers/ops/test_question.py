"""Questions that may never be answered."""

import asyncio
import threading
from unittest import IsolatedAsyncioTestCase

from viewers.ops.question import Question


class Questions(IsolatedAsyncioTestCase):
    def setUp(self):
        self.calls = 0
        self.may_answer = threading.Event()
        self.addCleanup(self.may_answer.set)

    def ask(self):
        self.calls += 1
        self.may_answer.wait(10)
        return self.calls

    async def test_those_who_ask_during_a_call_share_its_answer(self):
        question = Question(self.ask, timeout=10)
        asking = [asyncio.create_task(question.answer()) for _ in range(5)]
        await asyncio.sleep(0)
        self.may_answer.set()

        self.assertEqual(await asyncio.gather(*asking), [1] * 5)
        self.assertEqual(await question.answer(), 2)

    async def test_a_call_that_hangs_times_out_and_holds_one_thread(self):
        question = Question(self.ask, timeout=0.01)
        for _ in range(5):
            with self.assertRaises(TimeoutError):
                await question.answer()
        self.assertEqual(self.calls, 1)

    async def test_an_error_is_raised(self):
        question = Question(lambda: 1 / 0, timeout=10)
        for _ in range(2):
            with self.assertRaises(ZeroDivisionError):
                await question.answer()
