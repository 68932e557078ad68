#!/usr/bin/env python3
"""Tests bench/peers/compare with stand-ins for larscale and for the peers. Prints TAP."""
import csv
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
COMPARE = HERE.parent.parent / "bench/peers/compare"
REWRITTEN, LITERAL, OPENBLAS = "step onednn rewritten", "step onednn literal", "step openblas"
# The suite's first answer is the start, which counts for nothing. The machine is ten times slower
# in the second round: ratios within a round do not see it.
STEADY = {"tensorflow": [1.0, 10.0, 1.0], "pytorch": [3.0, 30.0, 4.0],
          REWRITTEN: [99, 0.5, 5.0, 0.4], LITERAL: [99, 1.0, 10.0, 1.0],
          OPENBLAS: [99, 2.0, 20.0, 4.0], "python": [1.8, 1.8, 2.0], "load": [99, 0.02, 0.01, 0.02]}


class Failure(Exception):
    """What a check found wrong."""


def expect(condition, what):
    if not condition:
        raise Failure(what)


def compare(folder, answers, *options):
    """Runs compare on stand-ins; returns its result and the turns that were taken."""
    (folder / "peers/bin").mkdir(parents=True)
    for name in ["peers/bin/python", "larscale"]:
        (folder / name).write_text(f'#!/bin/sh\nexec {sys.executable} {HERE}/stand_in.py "$@"\n',
                                   encoding="ascii")
        (folder / name).chmod(0o755)
    (folder / "answers").write_text(json.dumps(answers), encoding="ascii")
    environment = os.environ | {"STAND_IN": str(folder / "answers"),
                                "STAND_IN_LOG": str(folder / "turns")}
    core = str(min(os.sched_getaffinity(0)))
    done = subprocess.run(
        [sys.executable, COMPARE, "--larscale", folder / "larscale", "--peers", folder / "peers",
         "--rounds", "3", "--threads", "1", "--cores", core, "--out", folder / "out",
         "--events", folder / "events.h5", *options],
        env=environment, capture_output=True, text=True, check=False)
    turns = folder / "turns"
    lines = turns.read_text(encoding="utf-8").splitlines() if turns.exists() else []
    return done, [line.split("\t") for line in lines]


def rows_of(folder):
    with open(folder / "out.json", encoding="utf-8") as file:
        return {row["name"]: row for row in json.load(file)["rows"]}


def near(value, expected):
    return abs(value - expected) < 1e-9


def check_ratios(folder):
    done, _ = compare(folder, STEADY)
    expect(done.returncode == 0, done.stderr)
    rows = rows_of(folder)
    row = rows["larscale onednn rewritten"]
    expect([round(s, 9) for s in row["seconds"]] == [0.5, 5.0, 0.4], f"seconds {row['seconds']}")
    ratio = row["ratios"]["tensorflow"]
    expect(near(ratio["median"], 2) and near(ratio["min"], 2) and near(ratio["max"], 2.5),
           f"ratio {ratio}")
    ratio = row["ratios"]["pytorch"]
    expect(near(ratio["median"], 6) and near(ratio["max"], 10), f"ratio {ratio}")
    ratio = rows["larscale openblas"]["ratios"]["tensorflow"]
    expect(near(ratio["median"], 0.5) and near(ratio["min"], 0.25), f"ratio {ratio}")
    ratio = rows["larscale"]["ratios"]["python"]
    expect(near(ratio["median"], 100) and near(ratio["max"], 180), f"loading {ratio}")
    expect("2.00 (2.00 .. 2.50)" in done.stdout, done.stdout)


def check_csv(folder):
    compare(folder, STEADY)
    with open(folder / "out.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    expect(len(rows) == 7, f"{len(rows)} rows")
    expect(float(rows[2]["times_tensorflow_median"]) == 2, str(rows[2]))
    expect(rows[2]["peak_memory_bytes"] == "1000000000", str(rows[2]))
    expect(rows[6]["times_tensorflow_median"] == "" and float(rows[6]["times_python_median"]) > 99,
           str(rows[6]))


def check_turns(folder):
    """Every contestant once per round, in changing order, on the cores asked for."""
    _, turns = compare(folder, STEADY)
    steps = [turn[0] for turn in turns if turn[0] not in ("python", "load")]
    expect(steps[:3] == [REWRITTEN, LITERAL, OPENBLAS], f"starts: {steps[:3]}")
    rounds = [steps[3 + 5 * r:8 + 5 * r] for r in range(3)]
    for found in rounds:
        expect(len(set(found)) == 5, f"a round was {found}")
    expect(len({tuple(found) for found in rounds}) > 1, "the order never changed")
    core = str([min(os.sched_getaffinity(0))])
    expect({turn[1] for turn in turns} == {core}, f"cores: {turns}")
    command = next(turn[2] for turn in turns if turn[0] == LITERAL)
    for part in ["--backend onednn --variant literal", "--threads 1", "--batch 1", "--data ",
                 "--labels ", "--weights ", "--repetitions 1 --warmup 1 --json"]:
        expect(part in command, f"'{part}' is not in: {command}")


def check_unavailable(folder):
    """A backend that cannot run here is said, and the rest goes on."""
    done, _ = compare(folder, STEADY | {OPENBLAS: [{"exit": 77, "say": "no OpenBLAS in it"}]})
    expect(done.returncode == 0, f"exit code {done.returncode}")
    expect("larscale openblas" in done.stdout and "no OpenBLAS in it" in done.stdout,
           done.stdout)
    row = rows_of(folder)["larscale openblas"]
    expect(row["seconds"] == [] and "cannot run here" in row["note"], str(row))
    expect(rows_of(folder)["larscale onednn literal"]["ratios"], "the others have no ratios")


def check_all_unavailable(folder):
    gone = [{"exit": 77, "say": "nothing here"}]
    done, _ = compare(folder, STEADY | {REWRITTEN: gone, LITERAL: gone, OPENBLAS: gone},
                      "--study", "step")
    expect(done.returncode == 77, f"exit code {done.returncode}")


def check_failure(folder):
    """A contestant that fails in the middle is a failure of the whole, and is named."""
    done, _ = compare(folder, STEADY | {LITERAL: [99, 1.0, {"exit": 1, "say": "disk on fire"}]})
    expect(done.returncode == 1, f"exit code {done.returncode}")
    expect("FAILED: exit code 1: disk on fire" in done.stderr, done.stderr)
    expect("disk on fire" in rows_of(folder)["larscale onednn literal"]["note"], "no note")


def check_peer_failure(folder):
    done, _ = compare(folder, STEADY | {"tensorflow": [1.0, {"exit": 3, "say": "no wheel"}]})
    expect(done.returncode == 1, f"exit code {done.returncode}")
    expect("tensorflow: FAILED: ended with exit code 3" in done.stderr, done.stderr)
    expect("no wheel" in (folder / "out.log").read_text(encoding="utf-8"), "no log")
    expect(len(rows_of(folder)["tensorflow"]["seconds"]) == 1, "its first round is lost")


def check_nonsense(folder):
    """A time that is none."""
    done, _ = compare(folder, STEADY | {OPENBLAS: [99, 0.0]})
    expect(done.returncode == 1 and "not one time" in done.stderr, done.stderr)


def check_usage(folder):
    for options, text in [(["--rounds", "0"], "at least 1"), (["--cores", "x"], "not numbers"),
                          (["--cores", "9999"], "want as many"), (["--data", "x"], "go together"),
                          (["--larscale", "/gone"], "build the suite"),
                          (["--peers", "/gone"], "setup makes it")]:
        with tempfile.TemporaryDirectory(dir=folder) as inner:
            done, turns = compare(Path(inner), STEADY, *options)
            expect(done.returncode == 2 and text in done.stderr and not turns,
                   f"{options}: exit code {done.returncode}: {done.stderr}")


CHECKS = [("ratios are taken within a round", check_ratios),
          ("the CSV holds the table", check_csv),
          ("every round runs all, in changing order, on the same cores", check_turns),
          ("what cannot run here is said", check_unavailable),
          ("nothing of the suite can run: 77", check_all_unavailable),
          ("a failing run fails the comparison", check_failure),
          ("a failing peer fails the comparison", check_peer_failure),
          ("a time of zero is refused", check_nonsense),
          ("wrong usage is refused before anything runs", check_usage)]


def main():
    print(f"1..{len(CHECKS)}")
    failed = 0
    for number, (title, check) in enumerate(CHECKS, 1):
        with tempfile.TemporaryDirectory() as folder:
            try:
                check(Path(folder))
                print(f"ok {number} - {title}")
            except Exception as failure:  # also a result that lacks what is looked for
                failed += 1
                text = repr(failure) if not isinstance(failure, Failure) else str(failure)
                text = text.replace("\n", "\n# ")
                print(f"not ok {number} - {title}\n# {text}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
