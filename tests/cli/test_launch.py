"""How the ranks are started: threads, binding, shared cores, and ranks that are not alike."""
import json
import os
import shutil

from program import LARSCALE, Skip, info, larscale, launcher, main, rows, run, with_trial

ALLOWED = sorted(os.sched_getaffinity(0))


def needs_openmp():
    if info()["libraries"]["openmp"] == "none":
        raise Skip("this build has no OpenMP")


def trained(trial, name, *more, environment=None, **options):
    """Result of a short training, and its env.json."""
    variables = {"OMP_NUM_THREADS": None, **(environment or {})}
    result = trial.train("--epochs", 1, "--batch", 2, "--out", trial.path(name), *more,
                         environment=variables, **options)
    with open(trial.path(f"{name}/env.json"), encoding="utf-8") as file:
        return result, json.load(file)


def node_line(result):
    lines = [line for line in result.out.splitlines() if line.startswith("node ")]
    assert len(lines) == 1, result.out
    return lines[0]


def processors(binding):
    """"0-3,8" as a list."""
    ends = [[int(end) for end in part.split("-")] for part in binding.split(",")]
    return [p for part in ends for p in range(part[0], part[-1] + 1)]


@with_trial
def test_one(trial):
    """one process: a thread for each core that it may use; said and recorded"""
    result, env = trained(trial, "run")
    launch = env["launch"]
    rank, = launch["ranks"]
    assert launch["launcher"] == "none" and launch["nodes"] == 1 and launch["oversubscribed"] is False
    assert rank["rank"] == rank["node_rank"] == rank["node"] == 0
    assert processors(rank["binding"]) == ALLOWED, rank
    assert 1 <= rank["cores"] <= len(ALLOWED)
    threads = 1 if info()["libraries"]["openmp"] == "none" else rank["cores"]
    assert rank["threads"] == env["threads"] == threads, rank
    assert f": 1 ranks x {threads} threads on cores " in node_line(result), result.out
    assert not result.warnings(), result.err


@with_trial
def test_bound_process(trial):
    """a process bound to its last processor has one thread, and says that it is bound"""
    if len(ALLOWED) < 2:
        raise Skip("one processor: nothing to bind to")
    result, env = trained(trial, "run", preexec=lambda: os.sched_setaffinity(0, ALLOWED[-1:]))
    rank, = env["launch"]["ranks"]
    assert processors(rank["binding"]) == ALLOWED[-1:] and rank["bound"] is True, rank
    assert rank["cores"] == rank["threads"] == 1
    assert node_line(result).endswith("bound to 1 each"), result.out


@with_trial
def test_places(trial):
    """OMP_PROC_BIND ties the first thread to a core; the process still has all of them"""
    needs_openmp()
    _, env = trained(trial, "run", environment={"OMP_PROC_BIND": "true", "OMP_PLACES": "threads"})
    rank, = env["launch"]["ranks"]
    assert processors(rank["binding"]) == ALLOWED and rank["threads"] == rank["cores"], rank


@with_trial
def test_shared_cores(trial):
    """ranks that are not bound share the cores of the node"""
    result, env = trained(trial, "run", ranks=2)
    launch = env["launch"]
    assert launch["launcher"] == "mpirun" and launch["nodes"] == 1, launch
    assert [r["node_rank"] for r in launch["ranks"]] == [0, 1]
    assert len({r["host"] for r in launch["ranks"]}) == 1
    for rank in launch["ranks"]:
        assert processors(rank["binding"]) == ALLOWED
        assert rank["threads"] == (max(1, rank["cores"] // 2) if info()["libraries"]["openmp"] != "none" else 1)
    assert launch["oversubscribed"] is (launch["ranks"][0]["cores"] < 2)
    assert len(result.warnings()) == launch["oversubscribed"]
    assert {row["nodes"] for row in rows(trial.path("run/samples.csv"))} == {"1"}


@with_trial
def test_bound_ranks(trial):
    """ranks that the launcher binds to a core each"""
    launcher()
    if trained(trial, "alone")[1]["launch"]["ranks"][0]["cores"] < 2:
        raise Skip("one core: no two ranks can have one each")
    result, env = trained(trial, "run", ranks=2,
                          environment={"OMPI_MCA_hwloc_base_binding_policy": "core"})
    ranks = env["launch"]["ranks"]
    assert [r["cores"] for r in ranks] == [r["threads"] for r in ranks] == [1, 1], ranks
    assert not set(processors(ranks[0]["binding"])) & set(processors(ranks[1]["binding"])), ranks
    assert "2 ranks x 1 threads" in node_line(result) and not result.warnings()


@with_trial
def test_bound_too_narrow(trial):
    """more threads than a rank is bound to: a warning"""
    launcher()
    needs_openmp()
    if len(ALLOWED) < 2:
        raise Skip("one processor: two ranks cannot be bound")
    result, env = trained(trial, "run", "--threads", len(ALLOWED), ranks=2,
                          environment={"OMPI_MCA_hwloc_base_binding_policy": "core"})
    warning, = result.warnings()
    assert f"{2 * len(ALLOWED)} threads of 2 ranks share 2 cores" in warning, warning
    assert env["launch"]["oversubscribed"] is True


@with_trial
def test_too_many(trial):
    """more threads than cores: one warning, that says what to do, also with --json; recorded"""
    needs_openmp()
    threads = len(ALLOWED) + 1
    for more in [], ["--json"]:
        result, env = trained(trial, f"run{len(more)}", "--threads", threads, *more)
        warning, = result.warnings()
        assert f"{threads} threads of a rank share" in warning and "fewer" in warning, warning
        assert env["launch"]["oversubscribed"] is True and env["threads"] == threads


@with_trial
def test_wish(trial):
    """OMP_NUM_THREADS is what the user wants, --threads even more"""
    needs_openmp()
    for more, threads in ([], 3), (["--threads", 2], 2):
        _, env = trained(trial, f"run{threads}", *more, environment={"OMP_NUM_THREADS": "3"})
        assert env["threads"] == env["launch"]["ranks"][0]["threads"] == threads


@with_trial
def test_spinning(trial):
    """threads of too many ranks do not spin, unless the user wants it"""
    needs_openmp()
    many = ["--threads", len(ALLOWED)]
    free = {"OMP_WAIT_POLICY": None, "GOMP_SPINCOUNT": None}
    if len(ALLOWED) < 2:
        many = ["--threads", 2]
    for name, more, set_by_user, policy, restarted in [
            ("many", many, {}, "passive", "1"),
            ("few", ["--threads", 1], {}, None, None),
            ("active", many, {"OMP_WAIT_POLICY": "active"}, "active", None),
            ("count", many, {"GOMP_SPINCOUNT": "10"}, None, None),
            ("places", many, {"OMP_PROC_BIND": "true"}, None, None)]:
        variables = trained(trial, name, *more, ranks=2, environment={**free, **set_by_user})[1]["variables"]
        assert variables.get("OMP_WAIT_POLICY") == policy, (name, variables)
        assert variables.get("LARSCALE_RESTARTED") == restarted, (name, variables)


def unlike(*parts, expect=1):
    """Starts ranks that are not alike: parts are (ranks, folder, program, arguments)."""
    command = [launcher()]
    for ranks, folder, program, arguments in parts:
        command += [":"] * (len(command) > 1)
        command += ["-np", str(ranks), "-wdir", folder, program, *map(str, arguments)]
    result = run(command, expect=expect)
    assert len(result.message()) == (expect != 0), result.err
    return "".join(result.message())


def relative(trial, *more):
    """A training whose files are found in the working folder."""
    return ["train", "--data", "images.npy", "--labels", "labels.npy", "--network", "small.network",
            "--epochs", 1, "--out", trial.path("run"), *more]


@with_trial
def test_other_options(trial):
    """ranks with other options are named, and nobody waits for them"""
    here, same = trial.folder, relative(trial)
    said = unlike((1, here, LARSCALE, same), (2, here, LARSCALE, [*same, "--lr", "0.5"]))
    assert "rank 1 has another argument 12: --lr there, nothing on rank 0" in said, said
    assert "2 ranks differ: 1-2" in said, said
    said = unlike((1, here, LARSCALE, [*same, "--lr", "0.5"]), (1, here, LARSCALE, [*same, "--lr", "0.6"]))
    assert "rank 1 has another argument 13: 0.6 there, 0.5 on rank 0" in said, said
    for other in ["info"], [*same, "--lr", "wrong"], []:
        said = unlike((1, here, LARSCALE, same), (1, here, LARSCALE, other))
        assert "rank 1 has another argument" in said, said
    assert not os.path.exists(trial.path("run"))


@with_trial
def test_other_program(trial):
    """a rank with another revision of the program is named"""
    launcher()
    revision = info()["program"]["revision"].encode()
    other = b"other" + b"x" * (len(revision) - 5)
    with open(LARSCALE, "rb") as file:
        program = file.read()
    assert program.count(revision) > 0
    path = trial.path("larscale")
    with open(path, "wb") as file:
        file.write(program.replace(revision, other))
    os.chmod(path, 0o755)
    same = relative(trial)
    said = unlike((1, trial.folder, LARSCALE, same), (1, trial.folder, path, same))
    assert f"rank 1 has another revision: {other.decode()} there, {revision.decode()} on rank 0" in said, said


@with_trial
def test_other_files(trial):
    """a rank that sees another state of a file is named; a true copy is none"""
    launcher()
    copy, same = trial.path("copy"), relative(trial)
    files = ["images.npy", "labels.npy", "small.network"]
    os.mkdir(copy)

    def start(expect=1):
        return unlike((1, trial.folder, LARSCALE, same), (1, copy, LARSCALE, same), expect=expect)

    def reset():
        for name in files:
            shutil.copy2(trial.path(name), os.path.join(copy, name))

    for name, what in [("images.npy", "data file 1"), ("labels.npy", "labels file")]:
        reset()
        os.utime(os.path.join(copy, name), (1e9, 1e9))
        said = start()
        assert f"rank 1 has another {what}: {name}, " in said and "2001-09-09T01:46:40Z there" in said, said
    reset()
    trial.write("copy/small.network", "blocks 4 9\nkernel 3\npool 5\ndense 8 3\n")
    said = start()
    assert "another network: kernel 3, pool 5, blocks 4 9, dense 8 3 there" in said, said
    reset()
    start(expect=0)


@with_trial
def test_other_validation(trial):
    """other validation files, found by a glob, are a difference too"""
    launcher()
    here, there = trial.path("a"), trial.path("b")
    for folder, names in (here, ["v1"]), (there, ["v1", "v2"]):
        os.makedirs(os.path.join(folder, "v"))
        for name in ["images.npy", "labels.npy", "small.network"]:
            shutil.copy2(trial.path(name), os.path.join(folder, name))
        for name in names:
            shutil.copy2(trial.data, os.path.join(folder, "v", f"{name}.npy"))
    same = relative(trial, "--validation", "v/*.npy")
    said = unlike((1, here, LARSCALE, same), (1, there, LARSCALE, same))
    assert "another number of validation files: 2 there, 1 on rank 0" in said, said


@with_trial
def test_step_says(trial):
    """step and evaluate say where they run, too"""
    result = larscale("step", *trial.options)
    assert "1 ranks x" in node_line(result), result.out
    assert not [line for line in larscale("step", *trial.options, "--json").out.splitlines()
                if line.startswith("node ")]


main(globals())
