"""Others can read a run's files: the reader that knows the schema page alone, on real runs, on a sweep,
and on damaged folders, each of which it must find; Google Benchmark's compare.py."""
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "cli"))
from program import Skip, larscale, launcher, main, needs_hdf5, rows, with_trial

import read_results

PAGE = read_results.read_page(read_results.PAGE.read_text(encoding="utf-8"))


def sweep(folder, factor=1.0):
    subprocess.run([os.environ["WRITE_SWEEP"], folder, str(factor)], check=True)
    return Path(folder)


def wrong(folder, says):
    """The reader must not accept the folder."""
    try:
        read_results.check_folder(folder, PAGE, environment=False)
    except (read_results.Wrong, ValueError, KeyError) as found:
        assert re.search(says, str(found)), f"'{says}' is not in: {found}"
        return
    raise AssertionError(f"not found: {says}")


@with_trial
def test_train(trial):
    """a training run is as the page says, on 1 and on 2 ranks, and so is an evaluation"""
    trial.train("--epochs", 3, "--batch", 2, *trial.validation, "--out", trial.path("one"))
    folders = [trial.path("one")]
    try:
        launcher()
        trial.train("--epochs", 2, "--batch", 2, "--out", trial.path("two"), ranks=2)
        folders.append(trial.path("two"))
    except Skip:
        pass  # a build without MPI
    done = subprocess.run([sys.executable, "-I", read_results.__file__, *folders], capture_output=True,
                          text=True, check=False)  # -I: the standard library and nothing else
    assert done.returncode == 0, done.stdout + done.stderr
    assert {r["quantity"] for r in rows(trial.path("one/summary.csv"))} == {"load", "step", "eval"}
    needs_hdf5()
    trial.train("--epochs", 1, "--save-weights", trial.path("w.weights.h5"), "--out", trial.path("w"))
    larscale("evaluate", *trial.options, "--weights", trial.path("w.weights.h5"), "--out", trial.path("e"))
    read_results.check_folder(Path(trial.path("e")), PAGE)


@with_trial
def test_invalid(trial):
    """a run that was cut off is as the page says too: its open intervals are ended as aborted"""
    process = trial.start("--epochs", 100000)
    try:
        for _ in range(600):
            if any(f.startswith("samples.csv") for f in trial.files()):
                break
            process.process.poll()
            if process.process.returncode is not None:
                break
            time.sleep(0.05)
        process.process.terminate()
        assert process.process.wait(60) == 3
    finally:
        process.process.kill()
    folder = Path(trial.path(f"run-{trial.runs}"))
    read_results.check_folder(folder, PAGE)
    assert "INVALID" in (folder / "RESULT").read_text(encoding="ascii")
    assert '"run_stop", "value": null' in (folder / "events.log").read_text(encoding="ascii")
    assert '"status": "aborted"' in (folder / "events.log").read_text(encoding="ascii")


@with_trial
def test_sweep(trial):
    """a sweep: configurations of their own in each row, two curves with a base each"""
    folder = sweep(trial.path("sweep"))
    read_results.check_folder(folder, PAGE, environment=False)
    table = rows(folder / "summary.csv")
    steps = [r for r in table if r["quantity"] == "step" and r["kind"] == "measured"]
    assert [(r["nodes"], r["n"]) for r in steps] == [(n, "9") for _ in range(2) for n in "123"]
    assert [float(r["speedup"]) == 1 for r in steps] == [True, False, False] * 2
    assert steps[0]["base_time_s"] != steps[3]["base_time_s"]
    assert 1.7 < float(steps[1]["speedup"]) < 2 and 0.85 < float(steps[1]["efficiency"]) < 1
    model = [r for r in table if r["kind"] == "model"]
    assert [r["base_time_s"] for r in model] == [steps[0]["base_time_s"], steps[3]["base_time_s"]]
    assert {r["cache_state"] for r in table if r["quantity"] == "load"} == {"cold", "warm"}


DAMAGES = [  # file, pattern, replacement, what the reader says
    ("samples.csv", r"forward,0", "forward,x0", r"samples.csv:\d+: column time_s: 'x0.*' is no number"),
    ("samples.csv", r"measured\n", "guessed\n", "column kind: 'guessed' is none of"),
    ("samples.csv", r"strong,1,1", "strong,1.5,1", r"samples.csv:2: column nodes: '1.5' is no whole"),
    ("samples.csv", r"\n.*\n", "\n", "summary.csv:2: column"),  # a row is missing
    ("samples.csv", r",measured\n", "\n", "samples.csv:2: 20 cells, not 21"),
    ("samples.csv", r",phase,", ",Phase,", "samples.csv:1: columns are"),
    ("summary.csv", r"(,step,9,)0\.", r"\g<1>1.", "summary.csv:4: column median_s"),
    ("summary.csv", r"(strong,2,2,.*step,9,.*),0\.", r"\1,1.", "column base_time_s|no row is the base"),
    ("summary.csv", r"(strong,2,2,.*step,9,.*),1\.", r"\1,1.1", "column speedup"),
    ("summary.csv", r"\n.*warm.*\n", "\n", "summary.csv: rows are"),
    ("run.json", r'"real_time": ', '"real_time": 1', "run.json: entry 0: real_time"),
    ("run.json", r'"time_unit": "ms"', '"time_unit": "s"', "time_unit 's' is none of ms"),
    ("run.json", r", \"iterations\": 1", "", "entry 0 has the keys"),
    ("run.json", r"\]", "", "Expecting"),
    ("events.log", r"init_start", "run_start", "events.log:1: run_start: init comes first"),
    ("events.log", r"run_start", "init_start", "events.log:3: init_start: init comes first, and once"),
    ("events.log", r"run_stop", "epoch_stop", "events.log:5: epoch_stop: not what began last"),
    ("events.log", r"(?s)(:::MLLOG [^\n]*init_start.*?init_stop[^\n]*\n)(.*)", r"\2\1", "time|init comes"),
    ("events.log", r"run_start", "epoch_start", "epoch_start: begins in ''"),
    ("events.log", r":::MLLOG", "MLLOG", "events.log:1: begins not with"),
    ("events.log", r'"POINT_IN_TIME"', '"INTERVAL_END"', "global_batch_size of type INTERVAL_END"),
    ("events.log", r'"time_ms": 1', '"time_ms": 9', r"events.log:2: time \d+ after 9"),
    ("events.log", r":::MLLOG [^\n]*\n\Z", "", r"ends within \['run'\]"),
    ("RESULT", "VALID", "FINE", "RESULT: is none of"),
    ("RESULT", "VALID", "INVALID reason=", "RESULT: is none of"),
    ("RESULT", "VALID", "UNAVAILABLE reason=no device", ": there, though nothing was measured"),
]


@with_trial
def test_damaged(trial):
    """each of many kinds of damage is found, and told with file, line and column"""
    whole = sweep(trial.path("sweep"))
    for name, pattern, replacement, says in DAMAGES:
        damaged = Path(trial.path("damaged"))
        shutil.copytree(whole, damaged)
        text = (damaged / name).read_text(encoding="utf-8")
        changed = re.sub(pattern, replacement, text, count=1)
        assert changed != text, f"{name}: nothing to damage for {pattern}"
        (damaged / name).write_text(changed, encoding="utf-8")
        wrong(damaged, says)
        shutil.rmtree(damaged)
    for name in ("RESULT", "summary.csv", "events.log", "run.json"):
        shutil.copytree(whole, trial.path("damaged"))
        os.remove(trial.path(f"damaged/{name}"))
        wrong(Path(trial.path("damaged")), f"{name}: missing")
        shutil.rmtree(trial.path("damaged"))


@with_trial
def test_unavailable(trial):
    """a driver that cannot run here: its folder holds the verdict and nothing else"""
    folder = Path(trial.path("gpu-speedup-unavailable"))
    folder.mkdir()
    (folder / "RESULT").write_text("RESULT UNAVAILABLE reason=no device\n", encoding="ascii")
    read_results.check_folder(folder, PAGE)
    (folder / "RESULT").write_text("RESULT UNAVAILABLE reason=\n", encoding="ascii")
    wrong(folder, "RESULT: is none of")


@with_trial
def test_environment(trial):
    """a key that the page lists is in env.json"""
    trial.train("--epochs", 1, "--out", trial.path("run"))
    path = Path(trial.path("run/env.json"))
    path.write_text(path.read_text(encoding="utf-8").replace('"time_utc"', '"time"'), encoding="utf-8")
    try:
        read_results.check_folder(Path(trial.path("run")), PAGE)
    except read_results.Wrong as found:
        assert "env.json: no key time_utc" in str(found), found
        return
    raise AssertionError("not found")


def compare_tool():
    """Google Benchmark's compare.py, of Debian's libbenchmark-tools."""
    path = Path("/usr/share/benchmark/compare.py")
    if not path.exists():
        raise Skip("Google Benchmark's compare.py is not installed (libbenchmark-tools)")
    if importlib.util.find_spec("scipy") is None:
        raise Skip("Google Benchmark's compare.py needs SciPy (python3-scipy)")
    return path


def test_google_benchmark():
    """compare.py reads run.json: it finds a sweep 1.5 times as slow, and one equal to itself"""
    tool = compare_tool()
    with tempfile.TemporaryDirectory(prefix="larscale-test-") as folder:
        one, slow = sweep(f"{folder}/one"), sweep(f"{folder}/slow", 1.5)
        changes = []
        for other in (one, slow):
            done = subprocess.run([sys.executable, tool, "--no-color", "benchmarks", one / "run.json",
                                   other / "run.json"], capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
            lines = [line for line in done.stdout.splitlines() if "/nodes:2/" in line and "/step" in line
                     and "pvalue" not in line]
            assert len(lines) == 18, done.stdout
            changes.append([float(line.split()[1]) for line in lines])
            assert "U Test" in done.stdout, done.stdout
        assert set(changes[0]) == {0.0}, changes
        assert all(0.4 < change < 0.6 for change in changes[1]), changes


main(globals())
