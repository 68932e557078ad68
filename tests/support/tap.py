"""Runs tests and prints TAP, for the tests in Python.

A test fails by any exception, and skips by raising Skip(reason)."""
import re
import traceback


class Skip(Exception):
    """Raised by a test that cannot run here."""


def run(tests):
    """tests: pairs of a title and a function without arguments. The program's exit code."""
    failed = 0
    print(f"1..{len(tests)}")
    for number, (title, test) in enumerate(tests, 1):
        title = re.sub(r"[#\\]", " ", title)
        try:
            test()
            print(f"ok {number} - {title}", flush=True)
        except Skip as skip:
            print(f"# skipped: {skip}\nok {number} - {title} # SKIP {skip}", flush=True)
        except Exception:  # a test may fail in any way; the next one runs all the same
            failed += 1
            for line in traceback.format_exc().splitlines():
                print(f"# {line}")
            print(f"not ok {number} - {title}", flush=True)
    return 1 if failed else 0


def tests_of(names):
    """The tests of a module (its globals()), in order; title: the first line of the docstring."""
    return [((function.__doc__ or name).strip().splitlines()[0], function)
            for name, function in names.items() if name.startswith("test_") and callable(function)]
