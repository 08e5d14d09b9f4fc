"""Values that several threads decode at once."""

import ast
import subprocess
import sys
from unittest import TestCase

from tests.support.server import ROOT

PACKAGES = ("broadcaster", "viewers", "loadtest", "mapcenter")

DECODE = """
import sys, threading
import msgspec
from broadcaster.domain.contest import SHIPPED, Contest

document = msgspec.json.decode((SHIPPED / "us-president-2024.json").read_bytes())
sys.setswitchinterval(1e-6)
barrier, threads = threading.Barrier(16), []
for _ in range(16):
    def decode():
        barrier.wait()
        Contest.from_dict(document)
    threads.append(threading.Thread(target=decode))
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


class Decodable(TestCase):
    def test_threads_that_decode_a_class_first_and_at_once_do_not_crash(self):
        for _ in range(5):
            found = subprocess.run([sys.executable, "-c", DECODE], cwd=ROOT)
            self.assertEqual(found.returncode, 0)

    def test_every_class_that_is_decoded_is_prepared(self):
        decoded, prepared = set(), set()
        for package in PACKAGES:
            for path in (ROOT / package).rglob("*.py"):
                for owner, node in classes_and_calls(ast.parse(path.read_text())):
                    if isinstance(node, ast.ClassDef):
                        if any(ast.unparse(each) == "decodable" for each in node.decorator_list):
                            prepared.add(node.name)
                    else:
                        decoded |= {
                            owner if name in ("cls", "Self") else name for name in types_of(node)
                        }
        # A variable of `frames.decode`, whose classes are in its table.
        decoded -= {"known"}
        self.assertIn("Contest", decoded)
        self.assertEqual(decoded - prepared, set())


def classes_and_calls(tree):
    """Yield each class and each call of a module, with the name of the class it is in."""
    waiting = [("", tree)]
    while waiting:
        owner, parent = waiting.pop()
        for node in ast.iter_child_nodes(parent):
            if isinstance(node, ast.ClassDef):
                yield owner, node
                waiting.append((node.name, node))
                continue
            if isinstance(node, ast.Call):
                yield owner, node
            waiting.append((owner, node))


def types_of(call):
    """Return the names of the classes that a call decodes to."""
    function = ast.unparse(call.func)
    if function == "msgspec.convert":
        return {ast.unparse(call.args[1])}
    if function.endswith(".decode"):
        return {ast.unparse(each.value) for each in call.keywords if each.arg == "type"}
    return set()
