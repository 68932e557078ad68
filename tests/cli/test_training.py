"""train and evaluate: what they compute, on ranks and threads, and what they leave behind."""
import json
import os
import subprocess

import numpy

from program import LARSCALE, Skip, backends, info, larscale, main, needs_hdf5, refused, rows, with_trial

SAMPLE_COLUMNS = "run_id,driver,backend,scaling,nodes,ranks,threads,local_batch,global_batch,rep,epoch," \
    "step,rank,phase,time_s,events,bytes_disk,bytes_mem,cache_state,warmup,kind"


def history(trial, name):
    return rows(os.path.join(trial.path(name), "history.csv"))


def losses(trial, name):
    return numpy.array([float(row["loss"]) for row in history(trial, name)])


@with_trial
def test_overfits(trial):
    """every backend and variant learns the data set by heart, along the same curve"""
    curves = {}
    for backend, variant in backends():
        name = f"run-{backend}-{variant}"
        out = trial.train("--epochs", 40, "--batch", 4, "--backend", backend, "--variant", variant, "--out",
                          trial.path(name)).out
        assert "accuracy 100.00% (12 events)" in out, out
        assert out.splitlines()[-1] == "RESULT VALID", out
        curves[name] = losses(trial, name)
    first = next(iter(curves.values()))
    for name, curve in curves.items():
        assert numpy.allclose(curve[:10], first[:10], rtol=1e-4), (name, curve[:10], first[:10])


@with_trial
def test_ranks(trial):
    """1, 2 and 3 ranks have the same loss curve to rounding at the same global batch"""
    for ranks in (1, 2, 3):
        trial.train("--epochs", 5, "--batch", 6 // ranks, "--out", trial.path(f"run{ranks}"), ranks=ranks)
    for ranks in (2, 3):
        assert numpy.allclose(losses(trial, f"run{ranks}"), losses(trial, "run1"), rtol=1e-5)
    ranks_seen = {row["rank"] for row in rows(trial.path("run3/samples.csv"))}
    assert ranks_seen == {"0", "1", "2"}, ranks_seen


@with_trial
def test_accumulate(trial):
    """--accumulate N is a batch of N times as many images"""
    trial.train("--epochs", 3, "--batch", 6, "--out", trial.path("a"))
    trial.train("--epochs", 3, "--batch", 2, "--accumulate", 3, "--out", trial.path("b"))
    assert numpy.allclose(losses(trial, "a"), losses(trial, "b"), rtol=1e-6)


@with_trial
def test_short_batch(trial):
    """a last batch that is short, also with ranks that have no image in it"""
    for ranks in (1, 3):
        trial.train("--epochs", 2, "--batch", 9 // ranks, "--out", trial.path(f"run{ranks}"), ranks=ranks)
    assert numpy.allclose(losses(trial, "run3"), losses(trial, "run1"), rtol=1e-5)
    assert [row["step"] for row in history(trial, "run3")] == ["2", "4"]


@with_trial
def test_repeatable(trial):
    """the same command gives the same weights; another seed others"""
    runs = [json.loads(trial.train("--epochs", 2, "--seed", seed, "--json", "--out", trial.path(name)).out)
            for seed, name in ((1, "a"), (1, "b"), (2, "c"))]
    assert runs[0]["weights_checksum"] == runs[1]["weights_checksum"]
    assert runs[0]["weights_checksum"] != runs[2]["weights_checksum"]


@with_trial
def test_shuffle(trial):
    """--shuffle off keeps the order of the data set: other losses than on"""
    trial.train("--epochs", 2, "--batch", 5, "--shuffle", "off", "--out", trial.path("off"))
    trial.train("--epochs", 2, "--batch", 5, "--shuffle", "on", "--out", trial.path("on"))
    assert not numpy.allclose(losses(trial, "off"), losses(trial, "on"), rtol=1e-6)


@with_trial
def test_steps(trial):
    """--steps ends after so many updates, also in the middle of an epoch"""
    trial.train("--steps", 5, "--batch", 4, "--out", trial.path("run"))
    assert [row["step"] for row in history(trial, "run")] == ["3", "5"]


@with_trial
def test_samples(trial):
    """the phases of all steps and evaluations add up to the wall time; columns are as documented"""
    trial.train("--epochs", 3, "--batch", 4, *trial.validation, "--out", trial.path("run"))
    with open(trial.path("run/samples.csv"), encoding="ascii") as file:
        assert file.readline().strip() == SAMPLE_COLUMNS
    samples = rows(trial.path("run/samples.csv"))
    in_epochs = [row for row in samples if row["epoch"]]
    phases = {row["phase"] for row in in_epochs}
    assert phases == {"fetch", "decompress", "forward", "backward", "allreduce", "update", "other", "eval"}
    total = sum(float(row["time_s"]) for row in in_epochs)
    wall = float(history(trial, "run")[-1]["wall_s"])
    assert abs(total - wall) < 1e-3 * wall, (total, wall)
    assert all(float(row["time_s"]) >= -1e-9 for row in samples)
    steps = {(row["step"], row["epoch"]) for row in in_epochs if row["step"]}
    assert len(steps) == 9, steps
    loading = {row["phase"] for row in samples if not row["epoch"] and row["phase"] != "eval"}
    assert loading == {"read", "inflate", "convert", "compress", "other"}, loading


@with_trial
def test_record(trial):
    """the run's folder: files, environment, confusion table"""
    trial.train("--epochs", 2, *trial.validation, "--out", trial.path("run"))
    files = sorted(os.listdir(trial.path("run")))
    assert files == ["RESULT", "confusion.csv", "env.json", "events.log", "history.csv", "run.json",
                     "samples.csv", "summary.csv"], files
    with open(trial.path("run/RESULT"), encoding="ascii") as file:
        assert file.read() == "RESULT VALID\n"
    with open(trial.path("run/env.json"), encoding="utf-8") as file:
        env = json.load(file)
    for key in ["program", "machine", "libraries", "backends", "variables", "command_line", "options", "data",
                "image", "network", "kernels", "weights_checksum", "time_utc"]:
        assert key in env, key
    assert env["data"]["events"] == 12 and env["network"]["blocks"] == [4, 8]
    assert env["command_line"][0] == "train"
    table = rows(trial.path("run/confusion.csv"))
    assert len(table) == 9 and {row["set"] for row in table} == {"validation"}
    assert sum(float(row["events"]) for row in table) == 12
    assert abs(sum(float(row["score_sum"]) for row in table) - 12) < 1e-4


@with_trial
def test_nothing_overwritten(trial):
    """a folder that holds a run is refused before anything is computed"""
    trial.train("--epochs", 1, "--out", trial.path("run"))
    refused("train", *trial.options, "--out", trial.path("run"), code=2, says=["run", "overwritten"])


@with_trial
def test_default_folder(trial):
    """without --out every run gets a folder of its own under results/"""
    for _ in range(2):
        trial.train("--epochs", 1, cwd=trial.folder)
    found = [f for _, _, files in os.walk(trial.path("results")) for f in files if f == "RESULT"]
    assert len(found) == 2, found


@with_trial
def test_folders_at_once(trial):
    """runs that begin together: each has a folder of its own"""
    command = [LARSCALE, "train", *map(str, trial.options), "--epochs", "1", "--threads", "1"]
    runs = [subprocess.Popen(command, cwd=trial.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            for _ in range(8)]
    for run in runs:
        _, message = run.communicate(timeout=120)
        assert run.returncode == 0, message
    found = [f for _, _, files in os.walk(trial.path("results")) for f in files if f == "RESULT"]
    assert len(found) == 8, found


@with_trial
def test_weights(trial):
    """saved weights, evaluated by every backend, give the trained accuracy; training goes on from them"""
    needs_hdf5()
    weights = trial.path("w.weights.h5")
    run = json.loads(trial.train("--epochs", 30, "--batch", 4, "--save-weights", weights,
                                 *trial.validation, "--json", "--out", trial.path("run")).out)
    assert run["validation_accuracy"] == 1
    for i, (backend, variant) in enumerate(backends()):
        done = json.loads(larscale("evaluate", *trial.options, "--weights", weights, "--backend", backend,
                                   "--variant", variant, "--json", "--out", trial.path(f"e{i}")).out)
        assert abs(done["validation_loss"] - run["validation_loss"]) < 1e-5, done
        assert done["weights_checksum"] == run["weights_checksum"]
    more = trial.train("--epochs", 1, "--batch", 4, "--weights", weights, "--out", trial.path("more")).out
    assert float(history(trial, "more")[0]["loss"]) < 2 * run["validation_loss"] + 1e-3, more


@with_trial
def test_evaluate_ranks(trial):
    """evaluate gives the same table on 1 and 2 ranks"""
    needs_hdf5()
    weights = trial.path("w.weights.h5")
    trial.train("--epochs", 2, "--save-weights", weights, "--out", trial.path("run"))
    tables = []
    for ranks in (1, 2):
        name = trial.path(f"e{ranks}")
        larscale("evaluate", *trial.options, "--weights", weights, "--out", name, ranks=ranks)
        tables.append([(r["true_class"], r["predicted_class"], r["events"], round(float(r["score_sum"]), 4))
                       for r in rows(os.path.join(name, "confusion.csv"))])
    assert tables[0] == tables[1]


@with_trial
def test_threads(trial):
    """--threads is what the record says was used"""
    if info()["libraries"]["openmp"] == "none":
        refused("train", *trial.options, "--threads", 2, code=77, says="OpenMP")
        raise Skip("this build has no OpenMP: refused with a message, as it should be")
    trial.train("--epochs", 1, "--threads", 2, "--out", trial.path("run"))
    assert {row["threads"] for row in rows(trial.path("run/samples.csv"))} == {"2"}


@with_trial
def test_step(trial):
    """step: loss and gradients of all backends agree; the dump holds them"""
    needs_hdf5()
    import h5py
    dumps = []
    for backend, variant in backends():
        path = trial.path(f"{backend}-{variant}.h5")
        larscale("step", *trial.options, "--batch", 6, "--backend", backend, "--variant", variant, "--dump",
                 path)
        with h5py.File(path) as file:
            assert file["logits"].shape == (6, 3) and file["probabilities"].shape == (6, 3)
            loss = -numpy.log(file["probabilities"][:][range(6), trial.labels[:6]]).mean()
            assert abs(loss - file["loss"][()]) < 1e-6
            names = sorted(file["gradients"])
            assert names == sorted(f"{layer}.{part}" for layer in ["conv1", "conv2", "dense1", "dense2"]
                                   for part in ["kernel", "bias"]), names
            dumps.append({name: file["gradients"][name][:] for name in names})
    for other in dumps[1:]:
        for name, expected in dumps[0].items():
            assert numpy.allclose(other[name], expected, rtol=1e-3, atol=1e-6), name


@with_trial
def test_step_json(trial):
    """step and load print Google Benchmark's schema"""
    for command, name in (("step", "step/"), ("load", "load/npy")):
        options = trial.options if command == "step" else trial.options[:4]
        out = json.loads(larscale(command, *options, "--repetitions", 3, "--json").out)
        assert len(out["benchmarks"]) == 3 and "date" in out["context"]
        for entry in out["benchmarks"]:
            assert entry["name"].startswith(name) and entry["time_unit"] == "ms"
            assert entry["real_time"] > 0 and entry["run_type"] == "iteration"


main(globals())
