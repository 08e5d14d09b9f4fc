"""The cache in which threads share one computation."""

import threading
from concurrent.futures import ThreadPoolExecutor

from django.test import SimpleTestCase

from tests.support.server import wait_for
from viewers.pages.single_flight import Overloaded, SingleFlight


class Gate:
    """A computation that takes until the gate is opened, and counts its runs."""

    def __init__(self, error=None):
        self.error = error
        self.runs = 0
        self.opened = threading.Event()

    def compute(self):
        self.runs += 1
        self.opened.wait()
        if self.error:
            raise self.error
        return self.runs


class ManyThreadsTests(SimpleTestCase):
    THREADS = 20

    def setUp(self):
        self.pool = self.enterContext(ThreadPoolExecutor(self.THREADS))

    def request(self, flights, gate, threads=THREADS):
        """Request one key in many threads, and open the gate once all but the first wait."""
        futures = [self.pool.submit(flights.get, "key", gate.compute) for _ in range(threads)]
        wait_for(lambda: flights.waiting == threads - 1, "the others to wait")
        gate.opened.set()
        return futures

    def test_threads_that_request_one_key_share_one_computation(self):
        gate = Gate()

        futures = self.request(SingleFlight(size=9), gate)

        self.assertEqual([future.result() for future in futures], [1] * self.THREADS)
        self.assertEqual(gate.runs, 1)

    def test_exception_reaches_all_waiting_threads(self):
        error = KeyError("PA")

        futures = self.request(SingleFlight(size=9), Gate(error))

        self.assertEqual([future.exception() for future in futures], [error] * self.THREADS)

    def test_thread_that_would_exceed_the_limit_of_waiting_threads_is_rejected(self):
        flights, gate = SingleFlight(size=9, max_waiting=2), Gate()
        futures = [self.pool.submit(flights.get, "key", gate.compute) for _ in range(3)]
        wait_for(lambda: flights.waiting == 2, "two threads to wait")

        self.assertRaises(Overloaded, flights.get, "key", gate.compute)

        gate.opened.set()
        self.assertEqual([future.result() for future in futures], [1, 1, 1])

    def test_key_that_would_exceed_the_limit_of_computations_is_rejected(self):
        flights, gate = SingleFlight(size=9, max_running=2), Gate()
        flights.get("kept", lambda: 0)
        for key in ("one", "two"):
            self.pool.submit(flights.get, key, gate.compute)
        wait_for(lambda: flights.running == 2, "two computations")

        self.assertRaises(Overloaded, flights.get, "three", gate.compute)
        self.assertEqual(flights.get("kept", gate.compute), 0)

        gate.opened.set()


class OneThreadTests(SimpleTestCase):
    def test_result_is_kept(self):
        flights = SingleFlight(size=9)
        results = [flights.get("key", lambda value=value: value) for value in (1, 2)]
        self.assertEqual(results, [1, 1])

    def test_exception_is_not_kept(self):
        flights = SingleFlight(size=9)
        self.assertRaises(ZeroDivisionError, flights.get, "key", lambda: 1 // 0)
        self.assertEqual(flights.get("key", lambda: 2), 2)
        self.assertEqual(flights.running, 0)

    def test_least_recently_used_result_is_evicted(self):
        flights, computed = SingleFlight(size=2), []

        def compute():
            computed.append(key)

        for key in ("a", "b", "a", "c", "a", "b"):
            flights.get(key, compute)
        self.assertEqual(computed, ["a", "b", "c", "b"])
