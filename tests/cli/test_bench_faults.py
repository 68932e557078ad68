"""larscale bench with bad input and under faults: it says so, ends, and keeps what is complete."""
import datetime
import os
import re
import signal
import time

from interrupted import until
from program import Skip, info, larscale, launcher, main, refused, sanitized, small_disk, with_trial
from sweeps import LOAD_PHASES, PHASES, SHARED, bench, environment, table, verdict

ENDLESS = ["--epochs", 2, "--repetitions", 1000000, "--overlap", "off", *SHARED]


@with_trial
def test_lists(trial):
    """absurd lists of nodes: none is silently mended"""
    for nodes, says in (("0", "'0' is no number of nodes"), ("-1", "'-1' is no number of nodes"),
                        ("1,0", "'0' is no number"), ("two", "'two' is no number"),
                        ("1,,2", "'' is no number"), ("1,", "'' is no number"), (" 1", "is no number"),
                        ("1.5", "'1.5' is no number"), ("99999999999999999999", "is no number"),
                        ("2,1", "1 comes after 2"), ("1,1", "1 comes twice"),
                        ("2", "nodes there are: 1"), ("1,2147483647", "nodes there are: 1"),
                        (",".join(map(str, range(1, 100))), "more than 64 numbers")):
        for driver in ("cpu-speedup", "load-time"):
            data = trial.options if driver == "cpu-speedup" else trial.options[:4]
            refused("bench", driver, *data, f"--nodes={nodes}", "--out", trial.path("run"), code=2,
                    says=["--nodes", says])
    # What can be emulated still needs events for its batch.
    refused("bench", "loss-vs-batch", *trial.options, "--nodes", "13", "--out", trial.path("run"), code=1,
            says="13")
    assert not os.path.exists(trial.path("run")), "a folder was left behind"


@with_trial
def test_more_than_there_are(trial):
    """more nodes than ranks: refused on all of them, with one line"""
    launcher()
    refused("bench", "cpu-speedup", *trial.options, "--nodes", "1,3", "--out", trial.path("run"), ranks=2,
            code=2, says="nodes there are: 2")


@with_trial
def test_options(trial):
    """options that make no sense for a driver are refused"""
    for driver, more, says in (
            ("cpu-speedup", trial.validation, "--validation"),
            ("cpu-speedup", ["--scaling", "weak", "--global-batch", 4], "--global-batch"),
            ("cpu-speedup", ["--scaling", "up"], "choose one of strong|weak"),
            ("cpu-speedup", ["--resume", "x"], "unknown option --resume"),
            ("loss-vs-batch", ["--global-batch", 4], "--global-batch"),
            ("loss-vs-batch", ["--reduction", "float"], "emulated exactly only"),
            ("loss-vs-batch", ["--repetitions", 4], "unknown option --repetitions"),
            ("loss-vs-batch", ["--seeds", 0], "--seeds 0"),
            ("load-time", ["--codec", "none,lz5"], "'lz5'"),
            ("load-time", ["--cache", "warm,hot"], "'hot'"),
            ("load-time", ["--store-form", "sparse,"], "''"),
            ("load-time", ["--max-seconds", -1], "--max-seconds")):
        data = trial.options[:4] if driver == "load-time" else trial.options
        refused("bench", driver, *data, *more, "--out", trial.path("run"), code=2, says=says)
    assert "load-time, cpu-speedup, gpu-speedup, loss-vs-batch" in refused(
        "bench", code=2, says="name a driver after bench")
    refused("bench", "load-tiem", code=2, says="name a driver after bench")
    assert not os.path.exists(trial.path("run"))
    assert "--nodes=LIST" in larscale("bench", "cpu-speedup", "--help").out


@with_trial
def test_folder(trial):
    """a folder that holds a run is refused before anything is measured; its files stay as they were"""
    more = ["--nodes", 1, "--steps", 1, "--repetitions", 6, "--overlap", "off"]
    _, folder = bench(trial, "cpu-speedup", *more)
    before = {name: os.stat(os.path.join(folder, name)).st_mtime_ns for name in os.listdir(folder)}
    for driver in ("cpu-speedup", "load-time", "loss-vs-batch"):
        data = trial.options[:4] if driver == "load-time" else trial.options
        refused("bench", driver, *data, "--out", folder, code=2, says="holds a run already")
    assert before == {name: os.stat(os.path.join(folder, name)).st_mtime_ns for name in os.listdir(folder)}


@with_trial
def test_full_disk(trial):
    """a results folder that fills up: said, exit code 1, and no RESULT claims anything"""
    for ranks in (1,) if info()["libraries"]["mpi"] == "none" else (1, 2):
        with small_disk("64k") as folder:
            refused("bench", "cpu-speedup", *trial.options, "--nodes", ranks, "--epochs", 4, "--repetitions",
                    40, "--overlap", "off", *SHARED, "--out", f"{folder}/run", ranks=ranks, code=1,
                    says="No space left on device")
            assert not os.path.exists(f"{folder}/run/RESULT")


def partial_rows(folder):
    """Rows of a run that is under way, but for the last line, which may be half there."""
    names = [n for n in os.listdir(folder) if n.startswith("samples.csv.partial-")] if os.path.isdir(
        folder) else []
    if not names:
        return []
    with open(os.path.join(folder, names[0]), encoding="utf-8") as file:
        return [line.split(",") for line in file.read().split("\n")[1:-1]]


def begun(trial, driver, *more, nodes, ranks=1, environment=None):
    """A sweep whose point of so many nodes is under way."""
    run = trial.launch("bench", driver, *trial.options, *more, ranks=ranks, environment=environment)
    folder = trial.path(f"run-{trial.runs}")
    until(lambda: any(row[4] == str(nodes) for row in partial_rows(folder)), run, f"rows of {nodes} nodes")
    return run, folder


def check_killed(folder, repetitions):
    """What ranks that were killed leave: INVALID, whole rows, the first point complete; listed like others."""
    end = time.monotonic() + 10
    while not os.path.exists(f"{folder}/RESULT") and time.monotonic() < end:
        time.sleep(0.01)
    assert verdict(folder).startswith("RESULT INVALID reason="), os.listdir(folder)
    samples = table(folder, "samples.csv")
    first = [row for row in samples if row["nodes"] == "1" and row["phase"] == "train"]
    assert len(first) == repetitions, f"{len(first)} of {repetitions} repetitions of the first point"
    assert all(None not in row and None not in row.values() for row in samples), "a row is half there"
    points = [row["nodes"] for row in table(folder, "summary.csv") if row["quantity"] == "train"]
    assert points in (["1"], ["1", "2"]), points  # the second one may just have ended
    assert "INVALID" in larscale("results", folder).out


@with_trial
def test_kill(trial):
    """a rank killed mid-sweep: all end within 10 s; the points before are kept whole; RESULT INVALID"""
    launcher()
    for victim in (0, -1):
        run, folder = begun(trial, "cpu-speedup", "--nodes", "1,2,3", "--epochs", 40, "--repetitions", 60,
                            "--overlap", "off", *SHARED, nodes=2, ranks=3)
        ranks = run.ranks()
        os.kill(ranks[victim], signal.SIGKILL)
        assert run.gone_within(10, ranks), "some rank lives on"
        assert run.process.returncode != 0
        check_killed(folder, 60)
        assert verdict(folder).startswith("RESULT INVALID reason=killed before its end"), verdict(folder)
        larscale("report", folder, "--out", trial.path(f"page-{victim}.html"))


@with_trial
def test_interrupt(trial):
    """Ctrl-C: exit code 3, a whole record of what was complete, INVALID with the reason"""
    run, folder = begun(trial, "cpu-speedup", "--nodes", 1, *ENDLESS, nodes=1)
    time.sleep(0.5)
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(20) == 3, run.err()
    check_stopped(run, folder)


@with_trial
def test_interrupt_ranks(trial):
    """a signal to one rank of three, also to one that sleeps, stops the sweep in order"""
    launcher()
    for victim in (0, -1):
        run, folder = begun(trial, "cpu-speedup", "--nodes", "1,2,3", "--epochs", 2, "--repetitions", 400,
                            "--overlap", "off", *SHARED, nodes=2, ranks=3)
        os.kill(run.ranks()[victim], signal.SIGUSR1)
        assert run.finished_within(60), "the run goes on"
        assert run.process.returncode == 3, run.err()
        check_stopped(run, folder)
        # The second point is left out if the signal came before its first repetition's end.
        points = [p["nodes"] for p in environment(folder)["points"]]
        assert points in ([1], [1, 2]), f"the sweep went on after the signal: {points}"


def check_stopped(run, folder):
    assert verdict(folder) == "RESULT INVALID reason=stopped by a signal", verdict(folder)
    assert not [n for n in os.listdir(folder) if ".partial-" in n]
    lines = [line for line in run.messages() if "stopped by a signal" in line]
    assert len(lines) == 1, run.err()
    steps = {}
    for row in table(folder, "samples.csv"):
        if row["step"] and row["phase"] in PHASES:
            steps.setdefault((row["nodes"], row["rank"], row["rep"], row["step"], row["warmup"]),
                             set()).add(row["phase"])
    assert steps and all(phases == PHASES for phases in steps.values())


@with_trial
def test_interrupt_loss(trial):
    """Ctrl-C in loss-vs-batch: the epochs before are kept"""
    run = trial.launch("bench", "loss-vs-batch", *trial.options, "--nodes", "1,2", "--epochs", 100000,
                       "--seeds", 1)
    time.sleep(2)
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(20) == 3, run.err()
    folder = trial.path("run-1")
    check_stopped(run, folder)
    assert table(folder, "history.csv")


@with_trial
def test_interrupt_load(trial):
    """Ctrl-C in load-time: complete repetitions are kept, those of all phases"""
    run = trial.launch("bench", "load-time", *trial.options[:4], "--cache", "warm", "--store-form", "sparse",
                       "--repetitions", 1000000, "--codec", "none")
    folder = trial.path("run-1")
    until(lambda: os.path.isdir(folder), run, "a folder")
    time.sleep(1)
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(20) == 3, run.err()
    assert verdict(folder) == "RESULT INVALID reason=stopped by a signal", verdict(folder)
    phases = {}
    for row in table(folder, "samples.csv"):
        phases.setdefault((row["rep"], row["warmup"]), set()).add(row["phase"])
    assert len(phases) > 1 and all(found == LOAD_PHASES for found in phases.values())


@with_trial
def test_interrupt_launcher(trial):
    """Ctrl-C of mpirun, which ends its ranks: all are gone in seconds, what was complete is kept"""
    launcher()
    run, folder = begun(trial, "cpu-speedup", "--nodes", "1,2", "--epochs", 2, "--repetitions", 400,
                        "--overlap", "off", *SHARED, nodes=2, ranks=2)
    ranks = run.ranks()
    run.process.send_signal(signal.SIGINT)
    assert run.gone_within(10, ranks), "some rank lives on"
    assert run.process.returncode != 0
    check_killed(folder, 400)


@with_trial
def test_clock(trial):
    """a machine's clock that jumps by hours: times and their sums are as ever"""
    library = os.environ.get("JUMPING_CLOCK")
    if not library or sanitized():
        raise Skip("a sanitized build cannot be given another clock")
    jumping = {"LD_PRELOAD": library}
    start = time.monotonic()
    _, folder = bench(trial, "cpu-speedup", "--nodes", 1, "--epochs", 2, "--repetitions", 6, "--overlap",
                      "off", environment=jumping)
    wall = time.monotonic() - start
    ended = datetime.datetime.fromisoformat(environment(folder)["time_utc"].replace("Z", "+00:00"))
    assert abs(time.time() - ended.timestamp()) > 3000, "the clock did not jump: this test tests nothing"
    times = [float(row["time_s"]) for row in table(folder, "samples.csv")]
    assert min(times) > -1e-3 and sum(times) < 3 * wall, (min(times), max(times), wall)
    with open(os.path.join(folder, "events.log"), encoding="utf-8") as file:
        stamps = [int(stamp) for stamp in re.findall(r'"time_ms": (\d+)', file.read())]
    assert stamps == sorted(stamps) and stamps[-1] - stamps[0] < 1000 * wall + 1000, stamps


main(globals())
