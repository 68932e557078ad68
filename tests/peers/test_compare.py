#!/usr/bin/env python3
"""Tests bench/peers/compare with stand-ins for larscale and for the peers. Prints TAP."""
import csv
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "support"))
import tap
from tap import Skip

COMPARE = HERE.parent.parent / "bench/peers/compare"
REWRITTEN, LITERAL, OPENBLAS = "step onednn:rewritten", "step onednn:literal", "step openblas"
DIRECT, WINOGRAD = "step openmp", "step openmp:winograd=1d"
EXACT = "step openmp:skip=exact"  # on planes only
# The suite's first answer is the start, which counts for nothing. The machine is ten times slower
# in the second round: ratios within a round do not see it.
STEADY = {"tensorflow": [1.0, 10.0, 1.0], "pytorch": [3.0, 30.0, 4.0],
          REWRITTEN: [99, 0.5, 5.0, 0.4], LITERAL: [99, 1.0, 10.0, 1.0],
          DIRECT: [99, 0.25, 2.5, 0.25], WINOGRAD: [99, 0.1, 1.0, 0.1],
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
    for name in ["events.h5", "real.h5"]:
        (folder / name).touch()
    (folder / "answers").write_text(json.dumps(answers), encoding="ascii")
    environment = os.environ | {"STAND_IN": str(folder / "answers"),
                                "STAND_IN_LOG": str(folder / "turns")}
    core = str(min(os.sched_getaffinity(0)))
    done = subprocess.run(
        [sys.executable, COMPARE, "--larscale", folder / "larscale", "--peers", folder / "peers",
         "--rounds", "3", "--threads", "1", "--cores", core, "--out", folder / "out",
         "--pause", "0",
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
    rows = {(row["study"], row["name"]): row for row in rows}
    expect(len(rows) == 9, f"{len(rows)} rows")
    row = rows["step", "larscale onednn rewritten"]
    expect(float(row["times_tensorflow_median"]) == 2, str(row))
    expect(row["peak_memory_bytes"] == "1000000000", str(row))
    expect(row["difference_logits"] == "1e-06", str(row))
    row = rows["load", "larscale"]
    expect(row["times_tensorflow_median"] == "", str(row))
    expect(float(row["times_python_median"]) > 99, str(row))


def check_markdown(folder):
    compare(folder, STEADY)
    text = (folder / "out.md").read_text(encoding="utf-8")
    name = "| larscale openmp winograd 1d "
    row = next(line for line in text.splitlines() if line.startswith(name))
    for words in ["100.00 (100.00 .. 1000.00)", "1000 MB", "10.00 (10.00 .. 10.00)",
                  "1e-06, 1e-05"]:
        expect(words in row, f"{words} is not in {row}")
    for words in ["| training step, 1 dense image(s) | ms, ", "larscale 0123abcd", "stand-in",
                  "3 rounds", time.strftime("%Y-", time.gmtime())]:
        expect(words in text, f"{words} is not in {text}")


def check_turns(folder):
    """Every contestant once per round, in changing order, on the cores asked for."""
    _, turns = compare(folder, STEADY)
    steps = [turn[0] for turn in turns if turn[0] not in ("python", "load")]
    ours = [DIRECT, WINOGRAD, REWRITTEN, LITERAL, OPENBLAS]
    expect(steps[:5] == ours, f"starts: {steps[:5]}")
    rounds = [steps[5 + 7 * r:12 + 7 * r] for r in range(3)]
    for found in rounds:
        expect(len(set(found)) == 7, f"a round was {found}")
    expect(len({tuple(found) for found in rounds}) > 1, "the order never changed")
    core = str([min(os.sched_getaffinity(0))])
    expect({turn[1] for turn in turns} == {core}, f"cores: {turns}")
    command = next(turn[2] for turn in turns if turn[0] == LITERAL)
    for part in ["--backend onednn:literal", "--threads 1", "--batch 1", "--data ",
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
    ours = [DIRECT, WINOGRAD, REWRITTEN, LITERAL, OPENBLAS]
    done, _ = compare(folder, STEADY | {name: gone for name in ours}, "--study", "step")
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


def check_planes(folder):
    """Each plane is a study of its own: the suite reads the event file, skipping exactly too."""
    three = [2.0, 2.0, 2.0]
    answers = {name: 2 * three for name in ("tensorflow", "pytorch")} | {
        name: 2 * [99, *(three if name != EXACT else [0.5, 0.5, 0.5])]
        for name in (DIRECT, WINOGRAD, EXACT, REWRITTEN, LITERAL, OPENBLAS)}
    done, turns = compare(folder, answers, "--study", "planes", "--real", folder / "real.h5",
                          "--planes", "0:2", "1:1")
    expect(done.returncode == 0, done.stderr)
    with open(folder / "out.json", encoding="utf-8") as file:
        rows = json.load(file)["rows"]
    studies = [row["study"] for row in rows if row["name"] == "larscale openmp skip exact"
               and row["ratios"]["tensorflow"]["median"] == 4]
    expect(studies == ["event 0 plane 2", "event 1 plane 1"], f"studies: {studies}")
    command = next(turn[2] for turn in reversed(turns) if turn[0] == EXACT)
    for part in ["--data " + str(folder / "real.h5"),
                 "--labels index --plane 1 --event 1 --size 3600"]:
        expect(part in command, f"'{part}' is not in: {command}")


def check_repetitions(folder):
    """Of several steps in one start, the median counts."""
    done, _ = compare(folder, STEADY | {"step x": [[9, 9, 9]] + 3 * [[0.1, 0.25, 7.0]]},
                      "--study", "step", "--backend", "x", "--repetitions", "3", "--against",
                      "larscale x")
    expect(done.returncode == 0, done.stderr)
    rows = rows_of(folder)
    row = rows["tensorflow"]
    expect(near(row["ratios"]["larscale x"]["median"], 0.25), str(row))
    seconds = rows["larscale x"]["seconds"]
    expect([near(s, 0.25) for s in seconds] == 3 * [True], str(seconds))
    expect(len(rows) == 3, str(list(rows)))


def check_disagreement(folder):
    """A backend whose results are far from the peer's is named, and is a failure of the whole."""
    for far, text in [({"logits": 1e-2}, "logits by 1.0e-02"),
                      ({"gradients": float("inf")}, "gradients by inf"),
                      ({"loss": float("nan")}, "loss by nan")]:
        with tempfile.TemporaryDirectory(dir=folder) as inner:
            done, _ = compare(Path(inner), STEADY | {"agree": {"onednn:literal": far}},
                              "--study", "step")
            note = f"DIFFERS from tensorflow: {text}"
            expect(done.returncode == 1 and note in done.stderr,
                   f"{done.returncode}: {done.stderr}")
            rows = rows_of(Path(inner))
            expect(rows["larscale onednn literal"]["note"] == note, "no note")
            expect("note" not in rows["larscale openblas"], "the wrong one is blamed")
    with tempfile.TemporaryDirectory(dir=folder) as inner:
        done, _ = compare(Path(inner), STEADY | {"agree": {"onednn:literal": {"loss": 1}}},
                          "--no-check")
        expect(done.returncode == 0, done.stderr)


def check_no_peers(folder):
    """Without the peers' environment the suite is timed all the same, and the table says why."""
    if importlib.util.find_spec("h5py") is None:
        raise Skip("this Python has no h5py, with which the inputs are made")
    done, turns = compare(folder, STEADY, "--peers", "/gone", "--study", "step", "--size", "625")
    expect(done.returncode == 0, done.stderr)
    rows = rows_of(folder)
    note, row = rows["tensorflow"]["note"], rows["larscale openmp"]
    expect(note == "not here: bench/peers/setup makes it", note)
    expect(len(row["seconds"]) == 3 and not row["ratios"], str(row))
    expect("tensorflow" not in {turn[0] for turn in turns}, "a peer was started")
    page = (folder / "out.md").read_text(encoding="utf-8")
    expect("| tensorflow | not here" in page, page)


def check_agree(folder):
    """agree.py measures relative distances; infinity where a tensor is missing or not finite."""
    for module in ("numpy", "h5py"):
        if importlib.util.find_spec(module) is None:
            raise Skip(f"this Python has no {module}")
    import h5py
    import numpy as np
    gradient = np.arange(1, 5, dtype="float32")
    np.savez(folder / "peer.npz", **{"loss": np.float32(2), "logits": np.ones((1, 3)),
                                     "gradients/a": gradient})
    cases = {"same": (2, np.ones((1, 3)), gradient), "shape": (2, np.ones((1, 4)), gradient),
             "off": (2.02, np.array([[1, 1, 1.5]]), 1.25 * gradient),
             "nan": (np.nan, np.ones((1, 3)), gradient[:3])}
    for name, values in cases.items():
        with h5py.File(folder / f"{name}.h5", "w") as file:
            for key, value in zip(("loss", "logits", "gradients/a"), values):
                if name != "nan" or key != "gradients/a":
                    file[key] = value
    done = subprocess.run([sys.executable, COMPARE.parent / "agree.py", "peer.npz",
                           *(f"{name}.h5" for name in cases)],
                          cwd=folder, capture_output=True, text=True, check=False)
    expect(done.returncode == 0, done.stderr)
    far = json.loads(done.stdout)
    inf = float("inf")
    expect(set(far["same.h5"].values()) == {0}, str(far))
    expect([round(v, 6) for v in far["off.h5"].values()] == [0.01, 0.5, 0.25], str(far))
    expect(far["shape.h5"] == {"loss": 0, "logits": inf, "gradients": 0}, str(far))
    expect(far["nan.h5"] == {"loss": inf, "logits": 0, "gradients": inf}, str(far))


def check_nonsense(folder):
    """A time that is none."""
    done, _ = compare(folder, STEADY | {OPENBLAS: [99, 0.0]})
    expect(done.returncode == 1 and "not 1 times but" in done.stderr, done.stderr)


def check_usage(folder):
    for options, text in [(["--rounds", "0"], "at least 1"), (["--cores", "x"], "not numbers"),
                          (["--cores", "9999"], "want as many"), (["--data", "x"], "go together"),
                          (["--larscale", "/gone"], "build the suite"),
                          (["--repetitions", "0"], "at least 1"), (["--pause", "-1"], "--pause 0"),
                          (["--planes", "0"], "EVENT:PLANE"), (["--planes", "0:3"], "EVENT:PLANE"),
                          (["--study", "planes"], "needs --real"),
                          (["--real", "/gone.h5"], "/gone.h5 is not there")]:
        with tempfile.TemporaryDirectory(dir=folder) as inner:
            done, turns = compare(Path(inner), STEADY, *options)
            expect(done.returncode == 2 and text in done.stderr and not turns,
                   f"{options}: exit code {done.returncode}: {done.stderr}")


CHECKS = [("ratios are taken within a round", check_ratios),
          ("the CSV holds the table", check_csv),
          ("the page has the table, machine and date", check_markdown),
          ("every round runs all, in changing order, on the same cores", check_turns),
          ("what cannot run here is said", check_unavailable),
          ("nothing of the suite can run: 77", check_all_unavailable),
          ("a failing run fails the comparison", check_failure),
          ("a failing peer fails the comparison", check_peer_failure),
          ("planes of real events are studies of their own", check_planes),
          ("the median of a start's repetitions counts", check_repetitions),
          ("a backend that differs from the peer fails the comparison", check_disagreement),
          ("without peers the suite is timed alone", check_no_peers),
          ("distances between dumps", check_agree),
          ("a time of zero is refused", check_nonsense),
          ("wrong usage is refused before anything runs", check_usage)]


def in_folder(check):
    with tempfile.TemporaryDirectory() as folder:
        check(Path(folder))


if __name__ == "__main__":
    sys.exit(tap.run([(title, lambda check=check: in_folder(check)) for title, check in CHECKS]))
