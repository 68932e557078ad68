#!/usr/bin/env python3
"""Tests ci/count_tap on logs of `ctest -V` as it writes them. Prints TAP."""
import os
import subprocess
import sys
import tempfile

COUNT_TAP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../ci/count_tap")
FINISHED = "100% tests passed, 0 tests failed out of 1\n"


def program(number, name, lines, ending):
    """The part of a log that one program makes."""
    text = f"test {number}\n    Start {number}: {name}\n\n"
    text += f"{number}: Test command: /build/{name}\n{number}: Working Directory: /build\n"
    text += f"{number}: Environment variables: \n{number}:  CMOCKA_MESSAGE_OUTPUT=TAP\n"
    text += f"{number}: Test timeout computed to be: 600\n"
    text += "".join(f"{number}: {line}\n" for line in lines)
    return text + f"{number}/9 Test #{number}: {name} ..........{ending}    0.01 sec\n"


PASSED, FAILED = "   Passed", "***Failed"
GOOD = program(1, "good", ["1..2", "ok 1 - a", "ok 2 - b", "# ok - tests"], PASSED)

# what is tried, log, options, (passed, failed, skipped), what the output must hold
CASES = [
    ("all pass", GOOD + FINISHED, [], (2, 0, 0), []),
    ("a failure is shown with what it printed before and after",
     program(1, "bad", ["1..2", "ERROR: why", "not ok 1 - a", "# a.c:5: Failure!", "ok 2 - b"],
             FAILED) + FINISHED, [], (1, 1, 0), ["FAILED  bad: a", "ERROR: why", "a.c:5"]),
    ("a skip is shown with its reason",
     program(1, "some", ["1..2", "no data here", "not ok 1 # SKIP a", "ok 2 - b"], PASSED)
     + FINISHED, ["--strict"], (1, 0, 1), ["skipped some: a: no data here"]),
    ("a crash fails every test that gave no result",
     program(1, "crash", ["1..3", "ok 1 - a"], "Subprocess aborted***Exception: ") + FINISHED,
     [], (1, 2, 0), ["Subprocess aborted"]),
    ("a crash after the last test fails",
     program(1, "late", ["1..1", "ok 1 - a"], "***Exception: SegFault") + FINISHED,
     [], (1, 1, 0), ["the program itself"]),
    ("a failing exit without a failing test fails",
     program(1, "leak", ["1..1", "ok 1 - a", "ERROR: LeakSanitizer"], FAILED) + FINISHED,
     [], (1, 1, 0), ["LeakSanitizer"]),
    ("fewer results than planned fail although the exit is clean",
     program(1, "short", ["1..3", "ok 1 - a", "ok 2 - b"], PASSED) + FINISHED,
     [], (2, 1, 0), ["test 3 of 3"]),
    ("more results than planned fail",
     program(1, "long", ["1..1", "ok 1 - a", "ok 2 - b"], PASSED) + FINISHED,
     [], (2, 1, 0), ["more results"]),
    ("no plan fails although the exit is clean",
     program(1, "mute", ["all is well"], PASSED) + FINISHED, [], (0, 1, 0), ["no plan"]),
    ("results without a plan fail",
     program(1, "planless", ["ok 1 - a"], PASSED) + FINISHED, [], (1, 1, 0), ["no plan"]),
    ("a plan of zero tests fails",
     program(1, "hollow", ["1..0"], PASSED) + FINISHED, [], (0, 1, 0), ["holds no test"]),
    ("a time-out fails", program(1, "slow", [], "***Timeout") + FINISHED,
     [], (0, 1, 0), ["Timeout"]),
    ("a missing program fails", program(1, "gone", [], "***Not Run") + FINISHED,
     [], (0, 1, 0), ["Not Run"]),
    ("Bail out! fails", program(1, "bail", ["1..2", "ok 1 - a", "Bail out! no disk", "ok 2 - b"],
                                PASSED) + FINISHED, [], (2, 1, 0), ["no disk"]),
    ("a failed group set-up fails",
     program(1, "group", ["1..1", "not ok 0 - group [  FAILED  ] GROUP SETUP"], FAILED)
     + FINISHED, [], (0, 2, 0), ["GROUP SETUP", "test 1 of 1 gave no result"]),
    ("several plans of one program are summed",
     program(1, "ranks", ["1..1", "1..2", "ok 1 - a", "ok 1 - a", "ok 2 - b"], PASSED)
     + FINISHED, [], (3, 0, 0), []),
    ("all skipped is said", program(1, "none", ["1..1", "no MPI", "not ok 1 # SKIP a"], PASSED)
     + FINISHED, [], (0, 0, 1), ["EVERY TEST SKIPPED in none", "no MPI"]),
    ("all skipped fails when strict",
     program(1, "none", ["1..1", "not ok 1 # SKIP a"], PASSED) + FINISHED,
     ["--strict"], (0, 1, 1), ["every test was skipped"]),
    ("a plan of zero with a reason is a skip",
     program(1, "zero", ["1..0 # SKIP no library"], PASSED) + FINISHED,
     [], (0, 0, 1), ["no library"]),
    ("ctest's own skip needs no plan",
     program(1, "exit77", ["cannot run here"], "***Skipped") + FINISHED,
     [], (0, 0, 1), ["cannot run here"]),
    ("programs run side by side are told apart",
     "    Start 1: a\n    Start 2: b\n1: 1..1\n2: 1..1\n1: ok 1 - x\n2: not ok 1 - y\n"
     "2/2 Test #2: b ...***Failed 0.1 sec\n1/2 Test #1: a ...   Passed 0.1 sec\n" + FINISHED,
     [], (1, 1, 0), ["FAILED  b: y"]),
    ("ctest killed midway fails", GOOD + "test 2\n    Start 2: cut\n\n2: 1..1\n",
     [], (2, 2, 0), ["cut: started but never ended", "ctest did not finish"]),
    ("no tests at all fail", "No tests were found!!!\n", [], (0, 1, 0), ["no tests were found"]),
    ("an empty log fails", "", [], (0, 1, 0), ["ctest did not finish"]),
]


def run(text, options):
    with tempfile.NamedTemporaryFile("w", suffix=".log") as log:
        log.write(text)
        log.flush()
        return subprocess.run([sys.executable, COUNT_TAP, *options, log.name], text=True,
                              capture_output=True, check=False)


def troubles(text, options, counts, wanted):
    """What is wrong with the answer to one log; empty if nothing."""
    answer = run(text, options)
    found = []
    last = "%d passed, %d failed, %d skipped" % counts
    if not answer.stdout.endswith(last + "\n"):
        found.append(f"the last line is not: {last}")
    if answer.returncode != (1 if counts[1] else 0):
        found.append(f"exit code {answer.returncode}")
    found += [f"not in the output: {text}" for text in wanted if text not in answer.stdout]
    return found + (answer.stdout + answer.stderr).splitlines() if found else []


def main():
    print(f"1..{len(CASES)}")
    failed = 0
    for number, (title, *case) in enumerate(CASES, 1):
        found = troubles(*case)
        failed += bool(found)
        print(f"{'not ok' if found else 'ok'} {number} - {title}")
        for line in found:
            print(f"# {line}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
