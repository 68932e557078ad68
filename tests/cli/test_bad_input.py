"""Bad input: one line that says what, where and what to do; a documented exit code; every rank ends;
nothing is left under a final name."""
import json
import os
import resource
import signal
import subprocess
import tempfile
import time

import numpy

from program import (Skip, info, larscale, launcher, main, needs_hdf5, real_events, refused, rows, sanitized,
                     small_disk, with_trial)


@with_trial
def test_missing_file(trial):
    """a missing file is named, on one rank and on two"""
    for command in ("train", "inspect", "load", "step"):
        refused(command, "--data", trial.path("none.h5"), says="none.h5")
    refused("train", "--data", trial.path("none.h5"), ranks=2, says="none.h5")


@with_trial
def test_empty_folder(trial):
    """a folder and a glob without event files are named"""
    os.mkdir(trial.path("empty"))
    refused("train", "--data", trial.path("empty"), code=None, says="empty")
    refused("train", "--data", trial.path("*.nothing"), code=None, says="*.nothing")


@with_trial
def test_foreign_file(trial):
    """a file of no known format"""
    trial.write("text.h5", "this is no event file\n" * 100)
    refused("train", "--data", trial.path("text.h5"), says="text.h5")
    trial.write("nothing.h5", "")
    refused("train", "--data", trial.path("nothing.h5"), says="nothing.h5")


@with_trial
def test_producer(trial):
    """an image set that a KevLAr file has not: those that it has are listed"""
    needs_hdf5()
    path = trial.path("kevlar.h5")
    larscale("synthetic", "--events", 2, "--size", 64, "--out", path)
    for name in ("rawdigits", "a/b", "x" * 300):
        refused("inspect", "--data", path, "--producer", name, code=2, says=[path, "there are: wires"])


@with_trial
def test_truncated(trial):
    """a truncated array"""
    with open(trial.data, "rb") as file:
        whole = file.read()
    with open(trial.path("cut.npy"), "wb") as file:
        file.write(whole[:-100])
    refused("train", "--data", trial.path("cut.npy"), "--labels", "index", says="cut.npy")


@with_trial
def test_truncated_hdf5(trial):
    """truncated and bit-flipped HDF5 files never crash the program"""
    with open(real_events(), "rb") as file:
        whole = file.read()
    random = numpy.random.default_rng(3)
    for i in range(12):
        damaged = bytearray(whole)
        if i < 4:
            del damaged[int(len(whole) * (i + 1) / 5):]
        else:
            for _ in range(200):
                damaged[random.integers(len(damaged))] ^= 1 << random.integers(8)
        with open(trial.path("damaged.h5"), "wb") as file:
            file.write(damaged)
        result = larscale("load", trial.path("damaged.h5"), "--warmup", 0, expect=None)
        assert result.code in (0, 1), result.err
        if result.code:
            assert len(result.message()) == 1 and "damaged.h5" in result.message()[0], result.err
        else:
            assert i >= 4, "a truncated file was accepted"


@with_trial
def test_wrong_arrays(trial):
    """arrays of another type, order, rank, or without events"""
    for name, array in [("double", trial.images.astype("float64")), ("big", trial.images.astype(">f4")),
                        ("order", numpy.asfortranarray(trial.images)), ("flat", trial.images[0]),
                        ("none", trial.images[:0]), ("five", trial.images[None, ..., None])]:
        numpy.save(trial.path(f"{name}.npy"), array)
        refused("train", "--data", trial.path(f"{name}.npy"), "--labels", "index", says=f"{name}.npy")


@with_trial
def test_labels(trial):
    """labels of another length, outside the classes, of a wrong kind, by an unknown rule"""
    def train(labels, says, code=1):
        refused("train", "--data", trial.data, "--network", trial.network, "--labels", labels, code=code,
                says=says)
    numpy.save(trial.path("short.npy"), trial.labels[:-1])
    train(trial.path("short.npy"), ["short.npy", "11", "12"])
    numpy.save(trial.path("high.npy"), trial.labels + 1)
    train(trial.path("high.npy"), "3")
    numpy.save(trial.path("words.npy"), numpy.array(["a"] * 12))
    train(trial.path("words.npy"), "words.npy")
    trial.write("text.labels", "0\n1\nx\n")
    train(trial.path("text.labels"), "text.labels")
    train(trial.path("missing.npy"), "missing.npy", code=None)
    train("constant:7", "7", code=None)
    train("constant:x", "constant", code=2)
    train("file", "labels", code=2)


@with_trial
def test_nan_in_event(trial):
    """NaN in an event is named with its place"""
    trial.images[5, 3, 7] = numpy.nan
    numpy.save(trial.data, trial.images)
    refused("train", *trial.options, says=["event 5", "tick 3", "wire 7", "nan"])
    refused("train", *trial.options, ranks=2, says=["event 5", "tick 3"])


@with_trial
def test_diverging(trial):
    """a loss that is not finite ends the run, naming step, rank and event, and leaves no result"""
    for ranks in (1, 2):
        refused("train", *trial.options, "--lr", 1e6, "--scale", 1e6, "--epochs", 50, "--out",
                trial.path(f"run{ranks}"), ranks=ranks, says=["step", "rank", "event"])
        left = os.listdir(trial.path(f"run{ranks}")) if os.path.exists(trial.path(f"run{ranks}")) else []
        assert not [name for name in left if "partial" not in name], left


@with_trial
def test_too_small(trial):
    """the study's network on images under 625"""
    refused("train", "--data", trial.data, "--labels", "index", says=["625", "--size"])


@with_trial
def test_window(trial):
    """a window outside the event"""
    refused("train", *trial.options, "--first-tick", 40, code=2, says="--first-tick")
    refused("train", *trial.options, "--first-wire", 400, code=2, says="--first-wire")


@with_trial
def test_plane(trial):
    """a plane that the events do not have"""
    refused("train", *trial.options, "--plane", "Y", code=2, says="--plane")


@with_trial
def test_ranks(trial):
    """more ranks than events"""
    numpy.save(trial.data, trial.images[:2])
    numpy.save(trial.label_file, trial.labels[:2])
    refused("train", *trial.options, ranks=3, says=["3 ranks", "2 events"])


@with_trial
def test_network_file(trial):
    """a network file that makes no sense"""
    for text, says in [("blokcs 4\n", "blokcs"), ("blocks 4 x\n", "blocks"), ("kernel 4\n", "kernel"),
                       ("pool 0\n", "pool"), ("dense 8 0\n", "dense")]:
        path = trial.write("bad.network", text)
        refused("train", *trial.options[:4], "--network", path, says=says)
    refused("train", *trial.options[:4], "--network", trial.path("none.network"), says="none.network")


@with_trial
def test_weights(trial):
    """weights of another network, damaged, foreign, missing"""
    needs_hdf5()
    weights = trial.path("w.weights.h5")
    trial.train("--epochs", 1, "--save-weights", weights, "--out", trial.path("run"))
    other = trial.write("other.network", "blocks 4 9\nkernel 3\npool 5\ndense 8 3\n")
    refused("evaluate", *trial.options[:4], "--network", other, "--weights", weights, says=["w.weights.h5"])
    with open(weights, "rb") as file:
        whole = file.read()
    with open(trial.path("cut.weights.h5"), "wb") as file:
        file.write(whole[:len(whole) // 2])
    for name in ("cut.weights.h5", "none.weights.h5", "images.npy"):
        refused("evaluate", *trial.options, "--weights", trial.path(name), says=name)
    refused("evaluate", *trial.options, code=2, says="--weights")


@with_trial
def test_budget(trial):
    """a memory budget that cannot hold the events says what they need"""
    refused("train", *trial.options, "--memory-budget", 0.0005, says=["budget", "MB"])


@with_trial
def test_codec(trial):
    """an unknown codec"""
    refused("train", *trial.options, "--codec", "lzma", code=2, says="lzma")


@with_trial
def test_unwritable(trial):
    """a folder that cannot be made, a file where a folder is wanted, weights to nowhere"""
    blocked = trial.write("file", "x")
    refused("train", *trial.options, "--out", os.path.join(blocked, "run"), says=blocked)
    refused("train", *trial.options, "--out", blocked, says=blocked)
    refused("train", *trial.options, "--out", "/proc/run", says="/proc/run")
    refused("train", *trial.options, "--out", "/proc/run", ranks=2, says="/proc/run")
    needs_hdf5()
    refused("train", *trial.options, "--epochs", 1, "--save-weights", os.path.join(blocked, "w.h5"), "--out",
            trial.path("run"), says="w.h5")
    refused("step", *trial.options, "--dump", "/proc/none/step.h5", says="step.h5")


@with_trial
def test_full_disk(trial):
    """a full disk under the result folder: no result, no half file"""
    with small_disk("64k") as folder:
        for ranks in (1, 2):
            refused("train", *trial.options, "--epochs", 40, "--out", os.path.join(folder, "run"),
                    ranks=ranks, says=["run/", "space"])
            left = [name for _, _, files in os.walk(folder) for name in files]
            assert not left, left


def limited():
    """No file may grow beyond 4 KiB; the signal that comes with it is ignored."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


@with_trial
def test_file_limit(trial):
    """a limit on the size of files: the same as a full disk"""
    refused("train", *trial.options, "--epochs", 40, "--out", trial.path("run"), preexec=limited,
            says="run/")
    assert not os.path.exists(trial.path("run")), os.listdir(trial.path("run"))


@with_trial
def test_closed_output(trial):
    """a standard output that takes nothing is an error"""
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([os.environ["LARSCALE"], "inspect", trial.data], stdout=full,
                              stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1 and "standard output" in done.stderr, done.stderr


@with_trial
def test_one_process(trial):
    """commands of one process refuse a launch with several ranks"""
    refused("inspect", trial.data, ranks=2, code=2, says="one process")


@with_trial
def test_pipes_as_input(trial):
    """a pipe where a file is wanted is refused at once"""
    os.mkfifo(trial.path("pipe"))
    for option in ("--labels", "--network", "--weights", "--data"):
        if option == "--weights":
            needs_hdf5()
        refused("train", *trial.options, option, trial.path("pipe"), says=["pipe", "no regular file"])


@with_trial
def test_foreign_bytes(trial):
    """names of any bytes: messages of one line, JSON that can be read"""
    name = os.path.join(os.fsencode(trial.folder), b"bad\n\x1b[31m\xff.npy")
    message = larscale("inspect", os.fsdecode(name), expect=1).err
    assert message.count("\n") == 1 and "bad??[31m?.npy" in message, repr(message)
    numpy.save(os.fsdecode(name), trial.images)
    result = larscale("train", "--data", os.fsdecode(name), *trial.options[2:], "--epochs", 1, "--json",
                      "--out", trial.path("run"))
    assert json.loads(result.out)["result"] == "VALID"
    with open(trial.path("run/env.json"), encoding="utf-8") as file:
        assert "bad" in json.load(file)["data"]["files"][0]
    message = larscale("inspect", trial.folder + "/x" * 1500 + "/end.h5", expect=1).err
    assert message.endswith("\n") and len(message) < 800 and "end.h5: cannot be opened" in message, message


@with_trial
def test_changed_while_read(trial):
    """a file that is replaced while it is read is refused"""
    many = numpy.tile(trial.images, (400, 1, 1))
    numpy.save(trial.path("many.npy"), many)
    numpy.save(trial.path("other.npy"), many[::-1])
    needs_hdf5()
    process = subprocess.Popen([os.environ["LARSCALE"], "convert", trial.path("many.npy"), "--out",
                                trial.path("copy.h5")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not [name for name in os.listdir(trial.folder) if "partial" in name]:
        time.sleep(0.01)
    os.replace(trial.path("other.npy"), trial.path("many.npy"))
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1 and "many.npy: was changed or replaced" in err, err
    assert not os.path.exists(trial.path("copy.h5"))


@with_trial
def test_threads(trial):
    """fewer threads than asked for end the run before it begins"""
    if info()["libraries"]["openmp"] == "none":
        raise Skip("this build has no OpenMP")
    run = ["step", *trial.options, "--backend", "reference", "--threads"]
    refused(*run, 3, code=77, says=["OMP_THREAD_LIMIT", "--threads 3"], environment={"OMP_THREAD_LIMIT": "1"})
    larscale(*run, 3, environment={"OMP_DYNAMIC": "true"})
    if sanitized():
        return
    def little():
        resource.setrlimit(resource.RLIMIT_AS, (600 << 20, 600 << 20))
    refused(*run, 400, code=77, says=["--threads 400", "starts only"], preexec=little)


@with_trial
def test_standard_streams(trial):
    """closed standard streams: output that nobody gets is an error; nothing is written elsewhere"""
    shell = ["bash", "-c"]
    command = f"'{os.environ['LARSCALE']}' inspect '{trial.data}'"
    done = subprocess.run([*shell, f"{command} >&-"], stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1 and "standard output" in done.stderr, done
    done = subprocess.run([*shell, f"set -o pipefail; {command} | true; {command} | head -c 1 > /dev/null"],
                          stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode in (0, 1), done
    done = subprocess.run([*shell, f"{command} <&- >&- 2>&-"], check=False)
    assert done.returncode == 1, done
    run = f"'{os.environ['LARSCALE']}' train {' '.join(trial.options)} --epochs 1 --out"
    for closed in ("<&-", "<&- >&-", "<&- >&- 2>&-"):
        out = trial.path(f"run{len(closed)}")
        subprocess.run([*shell, f"{run} {out} {closed}"], capture_output=True, check=False)
        table = rows(os.path.join(out, "samples.csv"))
        assert table and all(row["driver"] == "train" and row["kind"] == "measured" for row in table), closed
    done = subprocess.run([launcher(), "-np", "2", *shell, f"exec {run} {trial.path('run')} > /dev/full"],
                          stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    assert "standard output" in done.stderr and "MPI_ABORT" not in done.stderr, done.stderr


def test_one_rank_misunderstands():
    """a command line that is wrong on one rank alone ends all of them"""
    program = os.environ["LARSCALE"]
    done = subprocess.run([launcher(), "-np", "1", program, "train", "--data", "x", ":", "-np", "1", program,
                           "train", "--bacth", "1"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False, timeout=60)
    lines = [line for line in done.stderr.splitlines() if line.startswith("larscale:")]
    assert done.returncode and len(lines) == 1 and "--bacth" in lines[0], done.stderr


@with_trial
def test_what_would_be_ignored(trial):
    """options that would have no effect, or another than meant, are refused"""
    def wrong(*more, says, code=2):
        refused("train", *trial.options, *more, code=code, says=says)
    wrong("--optimizer", "adam", "--momentum", 0.9, says="--momentum")
    wrong("--codec", "none", "--codec-level", 3, says="--codec none")
    wrong("--scale", 0, says="--scale 0")
    wrong("--memory-budget", "1e-7", says="budget", code=1)
    wrong("--epochs", 0, says="from 1")
    wrong("--batch", 13, says=["12 events", "13"], code=1)
    wrong("--batch", 1 << 20, "--accumulate", 1 << 20, says="12 events", code=1)
    wrong("--validation=a.npy", "b.npy", says=["--validation=a.npy b.npy", "--validation A B"])
    wrong("--validation-labels", "index", says="--validation")
    wrong("--validation", trial.data, says=["labels.npy", "--validation-labels"])
    larscale("inspect", f"--data={trial.data}")
    result = larscale("inspect", trial.data, "--event", 99, expect=2)
    assert not result.out and "0 to 11" in result.err, result.out


@with_trial
def test_validation_labels(trial):
    """events of --validation have labels of their own"""
    numpy.save(trial.path("few.npy"), trial.images[:5])
    numpy.save(trial.path("few.labels.npy"), trial.labels[:5])
    table = rows(os.path.join(run_of(trial, "few", trial.path("few.labels.npy")), "confusion.csv"))
    assert sum(float(row["events"]) for row in table) == 5, table
    refused("train", *trial.options, "--validation", trial.path("few.npy"), "--validation-labels",
            trial.label_file, says=["12 labels", "5 events"])


@with_trial
def test_text_inputs(trial):
    """a network named twice or not at all, NUL bytes, a link to nowhere in a folder"""
    for text, says in (("", "names nothing"), ("pool 5\npool 5\n", "there already"), ("pool 5\0\n", "NUL")):
        refused("train", *trial.options[:4], "--network", trial.write("bad.network", text), says=says)
    refused("train", *trial.options[:2], "--network", trial.network, "--labels",
            trial.write("text.labels", "0\n" * 11 + "1\0" + "2\n"), says="NUL")
    os.mkdir(trial.path("events"))
    os.symlink("gone", trial.path("events/dangling"))
    refused("inspect", trial.path("events"), says=["dangling", "remove it"])


def run_of(trial, name, labels):
    """The folder of a run that validates on NAME.npy."""
    trial.train("--epochs", 1, "--validation", trial.path(f"{name}.npy"), "--validation-labels", labels,
                "--out", trial.path(f"run,{name}/"))
    table = rows(trial.path(f"run,{name}/samples.csv"))
    assert {row["run_id"] for row in table} == {f"run,{name}"}, table[0]
    assert {row["driver"] for row in table} == {"train"}, table[0]
    return trial.path(f"run,{name}")


main(globals())
