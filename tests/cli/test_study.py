"""larscale study: from a small text to the report; what is complete stays, what is not begins anew."""
import json
import os
import re
import shutil
import signal
import time

from interrupted import until
from program import LARSCALE, Skip, info, larscale, main, needs_hdf5, refused, run, small_disk, with_trial
from sweeps import check_schema, verdict

TEXT = """# very small
events      16
validation  8
probe       4
nodes       {nodes}
simulate    --format packed --noise none --momentum 0.5:1
image       --size 160 --first-wire 1600
train       --network {network} --optimizer adam --lr 0.01
load-time   --repetitions 6 --store-form sparse
cpu-speedup --batch 1 --steps 1 --repetitions 6 --overlap off --oversubscribe {more}
gpu-speedup --batch 1 --steps 1 --repetitions 6
loss-vs-batch --nodes 1 --batch 2 --epochs 2 --seeds 1
loss-vs-batch --nodes 2 --batch 2 --epochs 2 --seeds 1
roofline    --repetitions 6 --size 160 --network {network}
display     --event 2
"""


def ranks():
    """As many as may be started here: 2 where there are two cores and MPI."""
    can = info()["libraries"]["mpi"] != "none" and (os.cpu_count() or 1) > 1 and shutil.which("mpirun")
    return 2 if can else 1


def text(trial, name="t.study", more="", **words):
    needs_hdf5()
    trial.write("study.network", "blocks 4 8\nkernel 3\npool 5\ndense 8 5\n")
    nodes = words.pop("nodes", "1,2,64" if ranks() == 2 else "1,64")
    return trial.write(name, TEXT.format(nodes=nodes, network=trial.path("study.network"), more=more))


def study(trial, *more, file=None, **options):
    """(result, folder)"""
    folder = trial.path("study")
    return larscale("study", "--file", file or text(trial), "--out", folder, *more, **options), folder


def times(folder):
    return {os.path.join(at, name): os.stat(os.path.join(at, name)).st_mtime_ns
            for at, _, names in os.walk(folder) for name in names}


@with_trial
def test_whole(trial):
    """all stages, figures and page; the second start does nothing again but the page"""
    first, folder = study(trial)
    assert "RESULT VALID" in first.out and f"report: {folder}/report.html" in first.out
    plan = first.out[:first.out.index("==")]
    assert "MB on disk" in plan and "GB of memory" in plan and "those above" in plan, plan
    runs = sorted(os.listdir(f"{folder}/runs"))
    assert runs == ["cpu-speedup", "gpu-speedup-unavailable", "load-time", "loss-vs-batch",
                    "loss-vs-batch-2", "roofline"], runs
    for name in runs:
        if name == "gpu-speedup-unavailable":
            assert verdict(f"{folder}/runs/{name}").startswith("RESULT UNAVAILABLE reason=no backend")
        else:
            assert verdict(f"{folder}/runs/{name}") == "RESULT VALID", name
        check_schema(f"{folder}/runs/{name}")
    with open(f"{folder}/report.html", encoding="utf-8") as file:
        page = file.read()
    assert "No run of <code>larscale bench gpu-speedup</code>: no backend of this build has a device" in page
    assert len(page) < 3e6
    assert "Drawn by larscale display, for the run of: " in page
    if shutil.which("gnuplot"):
        for figure in ("load_time", "cpu_speedup", "loss_vs_batch", "phases", "confusion", "event_display",
                       "roofline"):
            for end in ("png", "svg", "pdf"):
                assert os.path.getsize(f"{folder}/figures/{figure}.{end}") > 1000, (figure, end)
    before = times(f"{folder}/runs")
    second, _ = study(trial)
    again = {path: time for path, time in times(f"{folder}/runs").items() if "unavailable" not in path}
    assert again == {path: time for path, time in before.items() if "unavailable" not in path}
    assert second.out.count("there already\n") == 2 * 9, second.out
    assert "RESULT VALID" in second.out
    check_without_gnuplot(trial)


def check_without_gnuplot(trial):
    """A third start, where no gnuplot is found: the page says so, the study is none the worse."""
    bare = trial.path("bin")
    os.mkdir(bare)
    if ranks() == 2:
        os.symlink(os.path.realpath(shutil.which("mpirun")), f"{bare}/mpirun")
    result, folder = study(trial, environment={"PATH": bare})
    assert "gnuplot cannot be started; install it" in result.out, result.out
    assert "RESULT VALID" in result.out
    with open(f"{folder}/report.html", encoding="utf-8") as file:
        page = file.read()
    assert "The runs have no figures: gnuplot is not installed" in page and "RESULT VALID" in page


@with_trial
def test_plan(trial):
    """--plan says what would be done, how long, and how much room it takes, and does nothing of it"""
    result, folder = study(trial, "--plan")
    assert re.search(r"cpu-speedup +nodes 1.* about", result.out.replace("\n", " about")), result.out
    assert re.search(r"In all about \d+ s, [\d.]+ MB on disk, [\d.]+ GB of memory, by a trial of 4 events",
                     result.out), result.out
    assert not os.listdir(f"{folder}/runs") and not os.listdir(f"{folder}/data")
    with open(f"{folder}/probe/rates.json", encoding="utf-8") as file:
        rates = json.load(file)
    assert all(value > 0 for name, value in rates.items() if name not in ("start_s", "load_2_s", "load_3_s", "load_4_s")), rates
    # The trial counts: the same on a machine that is ten times slower.
    slow = {name: 10 * value if name.endswith("_s") else value for name, value in rates.items()}
    with open(f"{folder}/probe/rates.json", "w", encoding="utf-8") as file:
        json.dump(slow, file)
    expected = re.search(r"loss-vs-batch .* (\d+) s", result.out).group(1)
    slower = re.search(r"loss-vs-batch .* (\d+) s", study(trial, "--plan")[0].out).group(1)
    assert int(slower) >= 5 * int(expected) or int(expected) < 2, (expected, slower)


@with_trial
def test_presets(trial):
    """every preset's options are those of its commands"""
    for preset in ("quick", "medium", "paper"):
        folder = trial.path(preset)
        os.makedirs(f"{folder}/probe")
        with open(f"{folder}/probe/rates.json", "w", encoding="utf-8") as file:
            json.dump({name: 0.001 for name in ("simulate_s", "validate_s", "load_1_s", "load_2_s",
                                                "load_3_s", "load_4_s", "prepare_s", "train_s", "evaluate_s", "dense_s",
                                                "start_s", "disk_bytes", "store_bytes", "memory_bytes")}, file)
        needs_hdf5()
        out = larscale("study", "--preset", preset, "--plan", "--out", folder).out
        for stage in ("simulate", "validate", "load-time", "cpu-speedup", "gpu-speedup", "loss-vs-batch",
                      "display", "report"):
            assert re.search(f"^{stage} ", out, re.M), (stage, out)


@with_trial
def test_interrupt(trial):
    """Ctrl-C in the middle: exit code 3; the same command goes on, and keeps what was complete"""
    file = text(trial, more="--epochs 100000")
    with open(file, encoding="utf-8") as stream:
        endless = stream.read().replace("--steps 1 --repetitions 6 --overlap", "--repetitions 100000 --overlap")
    with open(file, "w", encoding="utf-8") as stream:
        stream.write(endless)
    started = trial.launch("study", "--file", file)
    folder = trial.path(f"run-{trial.runs}")
    until(lambda: os.path.isdir(f"{folder}/runs/cpu-speedup"), started, "training")
    time.sleep(1)
    refused("study", "--file", file, "--out", folder, code=2, says="under way already")
    os.kill(started.process.pid, signal.SIGINT)
    assert started.finished_within(30), "the study goes on"
    assert started.process.returncode == 3, started.err()
    assert "the same command goes on from here" in started.err()
    assert verdict(f"{folder}/runs/cpu-speedup").startswith("RESULT INVALID reason=stopped by a signal")
    kept = times(f"{folder}/runs/load-time")
    again = trial.path("again")
    shutil.copytree(folder, again, copy_function=shutil.copy2)
    # The same study, but one that ends.
    short = endless.replace("--repetitions 100000 --overlap", "--steps 1 --repetitions 6 --overlap")
    for path in (file, f"{again}/study.txt"):
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(short)
    result = larscale("study", "--file", file, "--out", again)
    assert "RESULT VALID" in result.out
    assert sorted(os.listdir(f"{again}/runs"))[:2] == ["cpu-speedup", "cpu-speedup-try2"]
    assert verdict(f"{again}/runs/cpu-speedup-try2") == "RESULT VALID"
    assert {p.replace(again, folder): t for p, t in times(f"{again}/runs/load-time").items()
            if "event_display" not in p} == kept


@with_trial
def test_invalid(trial):
    """a run that is invalid: the page is made all the same, exit code 1, and the next start repeats it"""
    file = text(trial)
    with open(file, encoding="utf-8") as stream:
        words = stream.read().replace("--steps 1 --repetitions 6 --overlap", "--steps 1 --repetitions 2 --overlap")
    with open(file, "w", encoding="utf-8") as stream:
        stream.write(words)
    for number in (1, 2):
        result, folder = study(trial, file=file, expect=1)
        assert "RESULT INVALID reason=1 of the runs" in result.out, result.out
        assert os.path.exists(f"{folder}/report.html")
        assert len([n for n in os.listdir(f"{folder}/runs") if n.startswith("cpu-speedup")]) == number


@with_trial
def test_texts(trial):
    """a text with mistakes: file, line and what is wrong; nothing is left behind"""
    good = text(trial)
    with open(good, encoding="utf-8") as stream:
        good_text = stream.read()
    for before, after, says in (
            ("events      16", "evnets      16", [":2: unknown key 'evnets'", "events, validation"]),
            ("events      16", "events      some", [":2: events some: give a whole number"]),
            ("events      16", "events      0", [":2: events 0: give a whole number from 1 on"]),
            ("events      16", "events      1 6", [":2: events wants one number"]),
            ("events      16", "", ["how many events?"]),
            ("validation  8", "", ["how many validation events?"]),
            ("nodes       1", "nodes       0", [":5: nodes 0: give a whole number"]),
            ("nodes       1", "nodes       2,1", [":5:", "rising"]),
            ("--steps 1 --rep", "--stpes 1 --rep", [":10: unknown option --stpes; did you mean --steps?"]),
            ("--noise none", "--noise some", [":6: --noise some: choose one of"]),
            ("display     --event 2", "train --batch 3", ["train was said before, in line 8"])):
        assert before in good_text, before
        path = trial.write("bad.study", good_text.replace(before, after, 1))
        refused("study", "--file", path, "--out", trial.path("none"),
                code=2 if "option" in says[0] or "choose" in says[0] else 1, says=["bad.study", *says])
    refused("study", "--file", trial.write("empty.study", "events 2\nvalidation 2\n"), "--out", trial.path("none"),
            says="nothing to measure")
    refused("study", "--file", trial.write("many.study", good_text.replace("1,", "64,", 1).replace("64,64", "64")
                                           .replace("64,2,64", "64")),
            "--out", trial.path("none"), code=2, says=["the fewest nodes are 64"])
    refused("study", "--file", trial.path("no-such"), code=1, says="no-such")
    refused("study", code=2, says="quick, medium, paper")
    refused("study", "--preset", "huge", code=2, says="there are quick, medium, paper")
    refused("study", "--preset", "quick", "--file", good, code=2, says="give one of them")
    assert not os.path.exists(trial.path("none"))


@with_trial
def test_folders(trial):
    """the folder of another study is refused; so is one without room, before anything is made"""
    _, folder = study(trial, "--plan")
    other = text(trial, "other.study", more="--lr 0.1")
    refused("study", "--file", other, "--out", folder, code=2, says="holds another study")
    with small_disk("8m") as disk:
        os.makedirs(f"{disk}/study")
        refused("study", "--file", text(trial), "--out", f"{disk}/study", code=1, says="are free")
        assert not os.listdir(f"{disk}/study/data")


@with_trial
def test_launcher(trial):
    """a launcher that is not there, and Open MPI's refusal of root, are said"""
    if ranks() < 2:
        raise Skip("no ranks can be started here")
    path = text(trial)
    with open(path, "a", encoding="utf-8") as stream:
        stream.write("launcher no-such-launcher -n {ranks}\n")
    result, _ = study(trial, file=path, expect=1)
    assert "no-such-launcher cannot be started: No such file" in result.err, result.err
    if os.geteuid() == 0 and "Open MPI" in info()["libraries"]["mpi"]:
        command = [LARSCALE, "study", "--file", text(trial), "--out", trial.path("root")]
        result = run(command, expect=2, environment={"OMPI_ALLOW_RUN_AS_ROOT": None})
        assert "OMPI_ALLOW_RUN_AS_ROOT=1" in result.err, result.err


main(globals())
