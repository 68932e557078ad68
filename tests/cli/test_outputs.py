"""Files that are written: never over what is read, over others only when told to, whole or not at all."""
import os
import signal
import subprocess
import time

import numpy

from program import larscale, main, needs_hdf5, refused, with_trial


def files(folder):
    """Content of every file below, by path."""
    found = {}
    for where, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(where, name)
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, "rb") as file:
                    found[path] = file.read()
    return found


@with_trial
def test_existing_outputs(trial):
    """an existing file is replaced by --overwrite alone, and left as it is otherwise"""
    trial.write("there.h5", "x")
    trial.write("there.npy", "x")
    trial.write("new.labels.npy", "x")
    step = ["step", *trial.options, "--backend", "reference", "--threads", 1]
    before = files(trial.folder)
    for command in (["convert", trial.data, "--out", trial.path("there.npy")],
                    ["convert", trial.data, "--labels", "index", "--out", trial.path("new.npy")],
                    ["convert", trial.data, "--out", trial.path("there.h5")],
                    ["synthetic", "--out", trial.path("there.h5")],
                    [*step, "--dump", trial.path("there.h5")],
                    ["train", *trial.options, "--save-weights", trial.path("there.h5"), "--out",
                     trial.path("run")]):
        refused(*command, code=2, says=["is there already", "--overwrite"])
    assert files(trial.folder) == before
    larscale("convert", trial.data, "--overwrite", "--out", trial.path("there.npy"))
    assert numpy.load(trial.path("there.npy")).shape == trial.images.shape
    needs_hdf5()
    larscale("synthetic", "--events", 1, "--size", 64, "--out", trial.path("there.h5"), "--overwrite")
    for command in ([*step, "--dump"], ["train", *trial.options, "--epochs", 1, "--out", trial.path("run"),
                                        "--save-weights"]):
        larscale(*command, trial.path("there.h5"), "--overwrite")


@with_trial
def test_outputs_that_are_read(trial):
    """nothing is written over what is read, under whatever name, nor with --overwrite"""
    os.symlink("images.npy", trial.path("link.npy"))
    os.link(trial.label_file, trial.path("hard.h5"))
    before = files(trial.folder)
    for output in (trial.data, trial.path("link.npy")):
        refused("convert", trial.data, "--overwrite", "--out", output, code=2, says="which is read")
    for output in (trial.data, trial.path("hard.h5"), trial.network):
        refused("train", *trial.options, "--overwrite", "--save-weights", output, code=2, says="which is read")
        refused("step", *trial.options, "--overwrite", "--dump", output, code=2, says="which is read")
    numpy.save(trial.path("more.npy"), trial.images)
    refused("train", *trial.options, "--validation", trial.path("more.npy"), "--validation-labels", "index",
            "--overwrite", "--save-weights", trial.path("more.npy"), code=2, says="which is read")
    os.unlink(trial.path("more.npy"))
    assert files(trial.folder) == before
    refused("synthetic", "--out", trial.path("new.npy"), code=2, says=".h5")


@with_trial
def test_outputs_that_are_no_files(trial):
    """devices, pipes, folders and links to nowhere are not replaced; links to files stay"""
    os.mkfifo(trial.path("pipe"))
    os.symlink("gone/file", trial.path("nowhere"))
    os.symlink("pipe", trial.path("link"))
    for output in (trial.path("pipe"), trial.path("link"), trial.folder, trial.path("nowhere")):
        for command in (["convert", trial.data, "--out"], ["synthetic", "--out"],
                        ["step", *trial.options, "--dump"], ["train", *trial.options, "--save-weights"]):
            refused(*command, output, "--overwrite", says=output)
    assert os.path.islink(trial.path("link")) and not os.path.isfile(trial.path("pipe"))
    trial.write("file.npy", "x")
    os.symlink("file.npy", trial.path("link.npy"))
    larscale("convert", trial.data, "--overwrite", "--out", trial.path("link.npy"))
    assert os.path.islink(trial.path("link.npy"))
    assert numpy.load(trial.path("file.npy")).shape == trial.images.shape


@with_trial
def test_weights_to_nowhere(trial):
    """weights that cannot be written: known before the training; if later, the record stays"""
    needs_hdf5()
    out = refused("train", *trial.options, "--epochs", 1, "--save-weights", trial.path("none/w.h5"),
                  "--out", trial.path("run"), says="none/w.h5")
    assert "saved" not in out and not os.path.exists(trial.path("run")), out
    trial.train("--epochs", 1, "--save-weights", trial.path("in/w.h5"), "--out", trial.path("in"))
    os.mkdir(trial.path("will-go"))
    process = subprocess.Popen(
        [os.environ["LARSCALE"], "train", *trial.options, "--epochs", "100000", "--save-weights",
         trial.path("will-go/w.h5"), "--out", trial.path("late")], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for line in process.stdout:
        if line.split()[:1] == ["1"]:
            break
    os.rmdir(trial.path("will-go"))
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1 and "weights were not saved" in err and "will-go" in err, err
    assert os.path.exists(trial.path("late/RESULT")), os.listdir(trial.path("late"))


@with_trial
def test_stopped_outputs(trial):
    """a signal during synthetic or convert leaves no half file"""
    needs_hdf5()
    process = subprocess.Popen([os.environ["LARSCALE"], "synthetic", "--events", "1000000", "--out",
                                trial.path("much.h5")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not [name for name in os.listdir(trial.folder) if "partial" in name]:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 3 and "stopped by a signal" in err, err
    assert not [name for name in os.listdir(trial.folder) if "much" in name]


@with_trial
def test_folder_stays(trial):
    """a folder that the user made stays after a failure; an unfinished run in it is told as such"""
    os.mkdir(trial.path("mine"))
    trial.images[5, 3, 7] = 1e30
    numpy.save(trial.data, trial.images)
    refused("train", *trial.options, "--lr", 1e6, "--scale", 1e6, "--epochs", 50, "--out", trial.path("mine"))
    assert os.path.isdir(trial.path("mine")) and not os.listdir(trial.path("mine"))
    trial.write("mine/samples.csv.partial-1", "")
    refused("train", *trial.options, "--out", trial.path("mine"), code=2, says=["has not ended", "*.partial-N"])


main(globals())
