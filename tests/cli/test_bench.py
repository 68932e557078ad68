"""larscale bench: the four drivers, what they measure and leave behind."""
import json
import os
import subprocess
import time

from program import (Skip, info, larscale, launcher, main, needs_hdf5, refused, run, sanitized,
                     with_trial)
from sweeps import (LOAD_PHASES, PHASES, SHARED, bench, check_schema, environment, medians, slowest, table,
                    verdict)


@with_trial
def test_cpu_speedup(trial):
    """cpu-speedup: 1, 2 and 3 nodes in one launch, both ways to communicate, all that was asked for"""
    result, folder = bench(trial, "cpu-speedup", "--nodes", "1,2,3", "--epochs", 2, "--batch", 2,
                           "--repetitions", 6, *SHARED, ranks=3)
    assert result.out.splitlines()[-1] == "RESULT VALID" == verdict(folder), result.out
    check_schema(folder)
    samples = table(folder, "samples.csv")
    steps = [r for r in samples if r["step"] and r["phase"] in PHASES and r["warmup"] == "0"]
    backend = environment(folder)["backend"]
    for mode in ("overlapped", "blocking"):
        for nodes in (1, 2, 3):
            own = [r for r in steps if r["backend"] == f"{backend}:{mode}" and r["nodes"] == str(nodes)]
            # 12 events in batches of 6: 2 steps an epoch.
            assert {(r["rep"], r["epoch"], r["step"], r["rank"]) for r in own} == {
                (str(rep), str((step + 1) // 2), str(step), str(rank))
                for rep in range(1, 7) for step in range(1, 5) for rank in range(nodes)}
            assert len(own) == 6 * 4 * nodes * len(PHASES)
    assert {r["global_batch"] for r in samples} == {"6"} and {r["scaling"] for r in samples} == {"strong"}
    assert [r for r in samples if r["warmup"] == "1"], "no warm-up"


@with_trial
def test_formulas(trial):
    """speed-up and efficiency are those of the page, from the raw rows, against the named base"""
    for scaling, first in (("strong", 1), ("weak", 2)):
        result, folder = bench(trial, "cpu-speedup", "--nodes", f"{first},3", "--scaling", scaling, "--steps", 2,
                               "--repetitions", 7, *SHARED, name=scaling, ranks=3)
        samples = table(folder, "samples.csv")
        found, images = medians(samples, "train"), {}
        for row in samples:
            if row["phase"] == "train" and row["rep"] == "1":
                key = row["backend"], int(row["nodes"])
                images[key] = images.get(key, 0) + int(row["events"])
        summary = [r for r in table(folder, "summary.csv") if r["quantity"] == "train"]
        points = environment(folder)["points"]
        assert len(summary) == len(points) == 4
        for row, point in zip(summary, points):
            key = row["backend"], int(row["nodes"])
            base = row["backend"], first
            assert images[key] == (2 * key[1] if scaling == "weak" else 6)
            speedup = images[key] / found[key] / (images[base] / found[base])
            for reported in (row, point):
                assert abs(float(reported["speedup"]) / speedup - 1) < 1e-6
                assert abs(float(reported["efficiency"]) * key[1] / first / speedup - 1) < 1e-6
            assert abs(float(row["base_time_s"]) / found[base] - 1) < 1e-6
            assert f"{found[base]:.6g} s" in result.out, result.out


@with_trial
def test_phases(trial):
    """the phases of a step add up, over its steps, to the training's time; nothing is negative"""
    _, folder = bench(trial, "cpu-speedup", "--nodes", "2", "--epochs", 3, "--repetitions", 6, *SHARED,
                      ranks=2)
    samples = [r for r in table(folder, "samples.csv") if r["warmup"] == "0"]
    for backend in {r["backend"] for r in samples}:
        for rank in "01":
            for rep in range(1, 7):
                own = [r for r in samples
                       if (r["backend"], r["rank"], r["rep"]) == (backend, rank, str(rep))]
                parts = sum(float(r["time_s"]) for r in own if r["phase"] in PHASES and r["step"])
                whole = [float(r["time_s"]) for r in own if r["phase"] == "train"]
                assert len(whole) == 1 and abs(parts / whole[0] - 1) < 1e-6
    assert all(float(r["time_s"]) > -1e-6 for r in samples)


@with_trial
def test_json(trial):
    """--json: an object with verdict, folder and points, and nothing else on standard output"""
    result, folder = bench(trial, "cpu-speedup", "--nodes", 1, "--steps", 1, "--repetitions", 6,
                           "--overlap", "off", "--json")
    said = json.loads(result.out)
    assert said["result"] == "VALID" and said["folder"] == folder
    assert [(p["nodes"], p["n"]) for p in said["points"]] == [(1, 6)]


@with_trial
def test_place(trial):
    """where each point runs is printed and recorded; virtual nodes are called so"""
    result, folder = bench(trial, "cpu-speedup", "--nodes", "1,2", "--steps", 1, "--repetitions", 6,
                           *SHARED, "--threads", 1, ranks=2)
    assert "2 nodes: virtual nodes, each a rank with its cores" in result.out, result.out
    for point in environment(folder)["points"]:
        assert point["node_is"] == "rank" and point["binding"].startswith(f"{point['nodes']} ranks x 1 threads")
        assert f"--nodes {point['nodes']}: {point['binding']}" in result.out
    result, folder = bench(trial, "cpu-speedup", "--node-is", "host", "--steps", 1, "--repetitions", 6,
                           *SHARED, name="host", ranks=2)
    assert {(p["nodes"], p["ranks"], p["node_is"]) for p in environment(folder)["points"]} == {(1, 2, "host")}


@with_trial
def test_crowded(trial):
    """threads that share cores: marked and INVALID, unless --oversubscribe; other points are not"""
    threads = 2 * len(os.sched_getaffinity(0))
    if info()["libraries"]["openmp"] == "none":
        raise Skip("this build has no OpenMP, so no more threads than cores")
    more = ["--nodes", 1, "--steps", 1, "--repetitions", 6, "--threads", threads, "--overlap", "off"]
    result, folder = bench(trial, "cpu-speedup", *more, expect=1)
    assert "INVALID reason=threads share cores at --nodes 1" in verdict(folder)
    assert "OVERSUBSCRIBED" in result.out and result.warnings(), result.out
    assert [p["oversubscribed"] for p in environment(folder)["points"]] == [True]
    _, folder = bench(trial, "cpu-speedup", *more, *SHARED, name="accepted")
    assert verdict(folder) == "RESULT VALID"
    assert [p["oversubscribed"] for p in environment(folder)["points"]] == [True]


@with_trial
def test_repetitions(trial):
    """adaptive: until the interval is within 5% or the time is up; too few are INVALID"""
    _, folder = bench(trial, "cpu-speedup", "--nodes", 1, "--steps", 1, "--max-seconds", 0, "--overlap",
                      "off", expect=1)
    assert "1 repetitions are too few" in verdict(folder), verdict(folder)
    start = time.monotonic()
    _, folder = bench(trial, "cpu-speedup", "--nodes", 1, "--epochs", 3, "--max-seconds", 20, "--overlap",
                      "off", name="adaptive", expect=None)
    point = environment(folder)["points"][0]
    assert point["n"] >= 6 and (point["precise"] or time.monotonic() - start > 20), point
    if point["precise"]:
        assert point["ci95_hi"] - point["median_s"] <= 0.05001 * point["median_s"]


@with_trial
def test_overhead(trial):
    """the harness takes less than 1% of a step of 10 ms"""
    if sanitized():
        raise Skip("times of a sanitized build say nothing")
    # One rank: several would wait for each other where they share cores with other programs.
    _, folder = bench(trial, "cpu-speedup", "--nodes", 1, "--epochs", 20, "--repetitions", 10, "--overlap",
                      "off")
    assert 0 <= environment(folder)["points"][0]["overhead_s"] < 1e-4


@with_trial
def test_asleep(trial):
    """ranks that take no part in a point sleep: under 3% of a processor"""
    launcher()
    sweep = trial.launch("bench", "cpu-speedup", *trial.options, "--nodes", 1, "--epochs", 1, "--repetitions",
                       1000000, ranks=3)
    deadline = time.monotonic() + 30
    while len(sweep.ranks()) < 3 or not os.path.isdir(trial.path("run-1")):
        assert time.monotonic() < deadline and sweep.process.poll() is None, sweep.err()
        time.sleep(0.05)
    time.sleep(1)
    ranks = sweep.ranks()

    def used(pid):
        with open(f"/proc/{pid}/stat", encoding="latin-1") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    before, start = [used(pid) for pid in ranks], time.monotonic()
    time.sleep(3)
    shares = sorted((used(pid) - b) / (time.monotonic() - start) for pid, b in zip(ranks, before))
    sweep.gone_within(0, ranks)
    assert shares[2] > 0.1 and shares[1] < 0.03, shares


@with_trial
def test_load_time(trial):
    """load-time: every codec, form and cache state; phases add up; sizes; all events"""
    codecs = ["none"] if info()["libraries"]["compression"] == "none" else ["lz4", "none"]
    needs_files_on_disk(trial)
    result, folder = bench(trial, "load-time", "--codec", ",".join(codecs), "--nodes", "1,2",
                           "--repetitions", 6, *SHARED, ranks=2)
    assert verdict(folder) == "RESULT VALID", verdict(folder)
    check_schema(folder)
    samples = table(folder, "samples.csv")
    curves = {(r["backend"], r["cache_state"], r["nodes"]) for r in samples}
    assert curves == {(f"{codec}:{form}", cache, nodes) for codec in codecs for form in ("sparse", "dense")
                      for cache in ("warm", "cold") for nodes in "12"}
    assert {r["phase"] for r in samples} == LOAD_PHASES
    for nodes in "12":
        for repetition in "123456":
            own = [r for r in samples if (r["nodes"], r["rep"], r["phase"], r["warmup"], r["cache_state"]) ==
                   (nodes, repetition, "read", "0", "cold") and r["backend"] == "none:dense"]
            assert sum(int(r["events"]) for r in own) == 12
            assert sum(int(r["bytes_mem"]) for r in own) > 12 * 40 * 40 * 4
    assert "MB in files" in result.out and all(p["bytes_raw"] == 12 * 40 * 40 * 4
                                               for p in environment(folder)["points"])


def needs_files_on_disk(trial):
    """Files of a file system in memory cannot be made cold; the run is then INVALID."""
    kind = subprocess.run(["stat", "-f", "-c", "%T", trial.folder], capture_output=True, text=True, check=True)
    if kind.stdout.strip() not in ("tmpfs", "ramfs"):
        return
    _, folder = bench(trial, "load-time", "--cache", "cold", "--repetitions", 6, name="probe", expect=1)
    assert "the file cache is not cold" in verdict(folder), verdict(folder)
    raise Skip("the folder of temporary files lies in memory: its cache cannot be made cold")


@with_trial
def test_shared_store(trial):
    """load-time --store node: one copy for all ranks of a host; not for virtual nodes"""
    launcher()
    more = ["--store", "node", "--cache", "warm", "--repetitions", 6, *SHARED]
    _, folder = bench(trial, "load-time", "--node-is", "host", *more, ranks=2)
    assert verdict(folder) == "RESULT VALID"
    refused("bench", "load-time", *trial.options[:4], *more, ranks=2, code=2, says="virtual node")


@with_trial
def test_emulated(trial):
    """loss-vs-batch: the batch of 3 nodes on 1, 2 and 3 ranks: the same bits; labelled in time"""
    launcher()
    found = {}
    for ranks in (1, 2, 3):
        result, folder = bench(trial, "loss-vs-batch", *trial.validation, "--nodes", "1,3", "--epochs", 3,
                               "--seeds", 2, "--lr", "0.05", *SHARED, name=f"on-{ranks}", ranks=ranks)
        assert result.out.splitlines()[-1] == "RESULT VALID", result.out
        assert "Confusion table (validation)" in result.out
        check_schema(folder)
        history, trainings = table(folder, "history.csv"), environment(folder)["trainings"]
        kinds = {(r["global_batch"], r["kind"]) for r in history}
        assert kinds == {("1", "measured"), ("3", "measured" if ranks == 3 else "emulated")}, kinds
        assert {(r["global_batch"], r["kind"]) for r in table(folder, "samples.csv")} == kinds
        found[ranks] = ([t["weights_checksum"] for t in trainings],
                        [[v for k, v in r.items() if k not in ("wall_s", "kind")] for r in history],
                        [list(r.values()) for r in table(folder, "confusion.csv")])
    assert len(set(found[1][0])) == 4, "two of batch and seed make no difference"
    assert len(found[1][1]) == 2 * 2 * 3
    assert found[1][0] == found[2][0] == found[3][0], [f[0] for f in found.values()]
    assert found[1][1] == found[2][1] == found[3][1]
    assert [r[:4] for r in found[1][2]] == [r[:4] for r in found[3][2]]


@with_trial
def test_emulates_train(trial):
    """loss-vs-batch's batch of N nodes is train's --global-batch N: the same weights"""
    _, folder = bench(trial, "loss-vs-batch", "--nodes", 4, "--epochs", 2, "--seeds", 1, "--optimizer",
                      "adam", "--lr", "0.01", "--seed", 7)
    weights = environment(folder)["trainings"][0]["weights_checksum"]
    assert weights == trial.weights("--epochs", 2, "--global-batch", 4, "--seed", 7)


@with_trial
def test_gpu_speedup(trial):
    """gpu-speedup without a device: exit code 77, one line, no folder"""
    for more in ([], ["--backend", "reference"]):
        refused("bench", "gpu-speedup", *trial.options, "--out", trial.path("run"), *more, code=77,
                says="has " + ("no device (GPU) on this node" if more else "a device (GPU) on this node"))
    assert not os.path.exists(trial.path("run"))


@with_trial
def test_pretended_devices(trial):
    """gpu-speedup with a backend that declares 2 devices: one for each rank, one copy of the data"""
    program, mpirun = os.environ["PRETENDED_DEVICES"], launcher()
    command = ["bench", "gpu-speedup", *trial.options, "--steps", "2", "--repetitions", "6", *SHARED]
    folder = trial.path("run")
    result = run([mpirun, "-np", "2", program, *command, "--out", folder])
    assert verdict(folder) == "RESULT VALID", result.out
    opened = [line for line in result.err.splitlines() if line.startswith("opened device ")]
    assert set(opened) == {"opened device 0", "opened device 1"}, opened
    env = environment(folder)
    assert env["devices"] == ["pretended device 0", "pretended device 1"]
    assert env["options"]["store"] == "node"
    assert {(p["nodes"], p["ranks"], p["node_is"]) for p in env["points"]} == {(1, 1, "device"),
                                                                               (2, 2, "device")}
    check_schema(folder)
    run([mpirun, "-np", "3", program, *command, "--out", trial.path("three")], expect=2)
    assert not os.path.exists(trial.path("three"))


@with_trial
def test_several_files(trial):
    """a sweep over KevLAr files, sparse and dense, reads every event once"""
    needs_hdf5()
    events = trial.path("events")
    os.mkdir(events)
    for seed in (1, 2):
        larscale("synthetic", "--events", 5, "--size", 64, "--seed", seed, "--out", f"{events}/{seed}.h5")
    folder = trial.path("run")
    larscale("bench", "load-time", "--data", events, "--size", 64, "--cache", "warm", "--repetitions", 6,
             "--nodes", "1,3", *SHARED, "--out", folder, ranks=3)
    own = [r for r in table(folder, "samples.csv")
           if (r["nodes"], r["rep"], r["phase"], r["warmup"], r["backend"][-6:]) ==
           ("3", "1", "read", "0", "sparse")]
    assert sorted(int(r["events"]) for r in own) == [3, 3, 4]
    assert len(slowest(table(folder, "samples.csv"), "read")) == 4


main(globals())
