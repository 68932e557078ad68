"""bench/kernels/ablation with a stand-in for larscale whose times are known, and with the program
itself. Prints TAP."""
import json
import os
import subprocess
import sys
import tempfile

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
import program

ABLATION = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench", "kernels", "ablation")
# Backends by name: milliseconds of the repetitions; forward is a quarter of it, in two layers.
STAND_IN = """#!/usr/bin/env python3
import json, sys
arguments = sys.argv[2:]
names = arguments[arguments.index("--backend") + 1].split(",")
times = {"a": [1, 2, 4], "b": [4, 4, 4], "slow:c=1": [8, 16, 32]}
for name in names:
    if name == "gone": sys.exit(print("larscale: no such backend: gone", file=sys.stderr) or 77)
if "--json" not in arguments: sys.exit(0)
kinds = ["", "/dense"] if "--data" in arguments and "--dense" in arguments else ["/dense"]
entries = [{"name": f"step/{name}:x{kind}", "real_time": t, "conv1_forward_ms": t / 8,
            "dense1_forward_ms": t / 8, "conv1_backward_ms": t / 2, "threads": 2, "fma_peak": 5e11,
            "active_pixels": 7 if kind else 3}
           for name in names for kind in kinds for t in times[name]]
print(json.dumps({"context": {"revision": "0123abcd"}, "benchmarks": entries}))
"""


def ablation(*arguments, expect=0, stand_in=True):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "larscale")
        with open(path, "w", encoding="ascii") as file:
            file.write(STAND_IN)
        os.chmod(path, 0o755)
        done = subprocess.run([sys.executable, ABLATION, "--larscale", path if stand_in else program.LARSCALE,
                               "--repetitions", "3", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == expect, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout, done.stderr


def idea(*words):
    return ["--idea", *words]


def test_gains():
    """gains are ratios within a repetition: median, minimum and maximum over all starts"""
    out, _ = ablation("--starts", "2", *idea("one", "a", "b", "step"), *idea("two", "a", "slow:c=1", "forward"),
                      "--", "--dense", "--data", "x")
    assert out.count("| one | step | 4.00 | 2.00 | 2.00 (1.00 .. 4.00) |") == 2, out
    assert out.count("| two | forward | 4.00 | 0.50 | 8.00 (8.00 .. 8.00) |") == 2, out
    assert "| dense, 7 active pixels |" in out and "| events, 3 active pixels |" in out, out
    for words in ["2 threads", "0123abcd", "2 starts of 3 repetitions", "500 GFLOP/s"]:
        assert words in out, (words, out)


def test_dense_alone():
    """without options of larscale step one dense image is used"""
    out, _ = ablation(*idea("one", "a", "b", "backward"))
    assert "| one | backward | 2.00 | 1.00 | 2.00 (1.00 .. 4.00) |" in out and "events" not in out, out


def test_refused():
    """what is not here is said in its row; nothing here is 77"""
    out, _ = ablation(*idea("one", "a", "b", "step"), *idea("two", "gone", "b", "step"))
    assert "| two | step | not here: no such backend: gone | | |" in out and "| one | step | 4.00" in out, out
    _, err = ablation(*idea("two", "gone", "b", "step"), expect=77)
    assert "nothing can be compared here: gone: no such backend" in err, err


def test_usage():
    """wrong options are refused"""
    for arguments, words in [(["--starts", "0"], "at least 1"), (idea("one", "a", "b", "sideways"), "phase"),
                             (["--idea", "one", "a"], "4 arguments"), (["--fast"], "--fast")]:
        _, err = ablation(*arguments, expect=2)
        assert words in err, err


def test_program():
    """the program itself gives what the table needs"""
    names = [f"{backend}:{variant}" for backend, variant in program.backends()]
    if len(names) < 2:
        raise program.Skip("this build has one backend only: nothing to compare it with")
    out, _ = ablation("--starts", "1", *idea("one", names[0], names[1], "forward"),
                      "--", "--dense", "--size", "625", stand_in=False)
    line = next(line for line in out.splitlines() if line.startswith("| one | forward | "))
    without, with_it = [float(cell) for cell in line.split("|")[3:5]]
    assert without > 0 and with_it > 0, line
    run = program.larscale("step", "--dense", "--size", 625, "--backend", ",".join(names[:2]), "--json").out
    assert len(json.loads(run)["benchmarks"]) == 2


program.main(globals())
