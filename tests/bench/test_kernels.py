"""larscale_kernels: names, counters, exit codes, and what Google Benchmark's compare.py makes of its
JSON and of that of larscale step. Prints TAP."""
import json
import os
import sys
import tempfile

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
import program  # how a run is judged is the same as for the program

KERNELS = os.environ["LARSCALE_KERNELS"]  # empty: this build has none
COMPARE = "/usr/share/benchmark/compare.py"  # of libbenchmark-tools
NETWORK = "blocks 4 8\nkernel 3\npool 5\ndense 8 3\n"
FAST = ["--benchmark_min_time=0.0001", "--threads", 1]


def kernels(*arguments, network=True, **options):
    if not KERNELS:
        raise program.Skip("this build has no micro-benchmarks: Google Benchmark was not found")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "network")
        with open(path, "w", encoding="ascii") as file:
            file.write(NETWORK)
        small = ["--network", path, "--size", "64"] if network else []
        return program.run([KERNELS, *map(str, [*small, *arguments])], **options)


def report(*arguments):
    return json.loads(kernels(*FAST, "--benchmark_format=json", *arguments).out)


def refused(*arguments, code, says, network=True):
    result = kernels(*arguments, network=network, expect=code)
    lines = [line for line in result.err.splitlines() if line.startswith("larscale_kernels: ")]
    assert len(lines) == 1 and says in lines[0], result.err


def test_names():
    """every layer, dense and sparse, and every finite case, of every variant of every backend"""
    names = kernels("--benchmark_list_tests").out.splitlines()
    assert len(set(names)) == len(names)
    for backend, variant in program.backends():
        mine = [name for name in names if name.startswith(f"{backend}:{variant}/")]
        for layer in ("conv1", "conv2", "dense1", "dense2"):
            for way in ("forward", "backward"):
                for image in ("dense", "sparse"):
                    name = f"{backend}:{variant}/{layer}/{way}/{image}/manual_time"
                    assert name in mine, name
        cases = [name for name in mine if "/case/" in name]
        assert len(cases) >= 60 and len(mine) == len(cases) + 16, (len(cases), len(mine))
        assert f"{backend}:{variant}/case/10_to_64,_sparse/backward/manual_time" in cases, cases
    assert not [name for name in names if "NaN" in name or "infinity" in name]


def test_counters():
    """FLOP/s, bytes/s and their shares of the peaks that the context names"""
    filter_ = "--benchmark_filter=reference.*/(conv2/.*/dense|dense1/.*/sparse|case/one_plane,_sparse)"
    out = report("--backend", "reference", filter_)
    context = out["context"]
    peaks = [float(context[name]) for name in context if name.startswith("fma_peak_")]
    copy = float(context["copy_bytes_per_second"])
    assert len(peaks) == 1 and peaks[0] > 1e8 and copy > 1e8 and context["size"] == "64", context
    work = {"conv2/forward": 2 * 3 * 3 * 4 * 8 * 12 * 12, "conv2/backward": 4 * 3 * 3 * 4 * 8 * 12 * 12,
            "dense1/forward": 2 * 2 * 2 * 8 * 8, "dense1/backward": 4 * 2 * 2 * 8 * 8,
            "case/one_plane,_sparse/forward": 2 * 25 * 10 * 143 * 138}
    assert len(out["benchmarks"]) == 6, out["benchmarks"]
    for entry in out["benchmarks"]:
        assert entry["real_time"] > 0 and entry["time_unit"] == "us", entry
        assert abs(entry["FLOP/s"] / peaks[0] / entry["fma_share"] - 1) < 1e-3, entry
        assert abs(entry["bytes/s"] / copy / entry["copy_share"] - 1) < 1e-3, entry
        flop = [value for name, value in work.items() if f"/{name}/" in entry["name"]]
        if flop:
            rate = flop[0] / (1e-6 * entry["real_time"])
            assert abs(entry["FLOP/s"] / rate - 1) < 1e-3, (entry, rate)


def test_all_run():
    """every kernel of every backend runs"""
    entries = report("--backend", "variants")["benchmarks"]
    assert len(entries) >= 70 * len(program.backends())
    failed = [entry for entry in entries if entry.get("error_occurred")]
    assert not failed, failed[:3]


def test_real_event():
    """the sparse image may be an event"""
    events = ["--data", program.real_events(), "--labels", "index"]
    out = report(*events, "--plane", 1, "--event", 1, "--size", 640, "--backend", "reference",
                 "--benchmark_filter=conv2/forward/sparse")
    assert len(out["benchmarks"]) == 1 and float(out["context"]["active_pixels_sparse"]) > 100, out
    refused(*FAST, *events, "--event", 5, code=2, says="--event 5: the data set has events 0 to 4")


def test_usage():
    """wrong options, filters that match nothing, and images that are too small are refused"""
    refused("--benchmark_fliter=x", code=2, says="unknown option --benchmark_fliter=x")
    refused("--benchmark_min_time=soon", code=2, says="--benchmark_min_time=soon")
    refused("--batch", 3, code=2, says="unknown option --batch")
    refused("--backend", "tensorflow", code=2, says="no such backend")
    refused("--backend", "reference:isa=mmx", code=2, says="choose one of baseline, avx2, avx512")
    refused("--event", "-1", code=2, says="--event -1")
    refused(*FAST, "--benchmark_filter=nothing_like_it", code=2, says="--benchmark_list_tests")
    refused("--size", 600, "--backend", "reference", network=False, code=1, says="--size 625")
    refused("--network", "/none", "--backend", "reference", network=False, code=1, says="/none")


def test_help():
    """--help names the suite's options and Google Benchmark's"""
    for flag in ("--help", "-h"):
        out = kernels(flag).out
        for words in ["--backend", "--isa", "--size", "Example:", "--benchmark_filter"]:
            assert words in out, words


def compare(old, new):
    """compare.py's report of two files."""
    if not os.path.exists(COMPARE):
        raise program.Skip(f"{COMPARE} is not there: it is in libbenchmark-tools")
    done = program.run([sys.executable, "-c", "import scipy"], expect=None)
    if done.code:
        raise program.Skip("compare.py needs python3-scipy, which is not there")
    return program.run([sys.executable, COMPARE, "--no-color", "benchmarks", old, new]).out


def test_compare_kernels():
    """compare.py takes two reports of larscale_kernels"""
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, name) for name in ("old.json", "new.json")]
        for path in paths:
            kernels(*FAST, "--backend", "reference", "--benchmark_filter=conv./forward/dense",
                    "--benchmark_repetitions=9", f"--benchmark_out={path}")
        out = compare(*paths)
    for name in ("conv1", "conv2"):
        assert f"reference:plain/{name}/forward/dense/manual_time_pvalue" in out, out
    assert "U Test, Repetitions: 9 vs 9" in out and "OVERALL_GEOMEAN" in out, out


@program.with_trial
def test_compare_steps(trial):
    """compare.py takes two reports of larscale step, and sees a difference"""
    for name, factor in (("old.json", 1), ("new.json", 2)):
        out = json.loads(program.larscale("step", *trial.options, "--dense", "--backend", "reference",
                                          "--repetitions", 9, "--json").out)
        for entry in out["benchmarks"]:
            entry["real_time"] = factor * (10 + 0.01 * entry["repetition_index"])
        trial.write(name, json.dumps(out))
    out = compare(trial.path("old.json"), trial.path("new.json"))
    line = next(line for line in out.splitlines() if line.startswith("step/reference:plain/dense "))
    assert float(line.split()[1]) == 1, line
    line = next(line for line in out.splitlines() if line.startswith("step/reference:plain_pvalue"))
    assert float(line.split()[1]) < 0.001, line


program.main(globals())
