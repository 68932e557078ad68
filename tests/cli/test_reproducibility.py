"""The two commands of bench/reproducibility, in their short form."""
import os
import re
import subprocess
import sys

from program import LARSCALE, TIMEOUT, launcher, main, needs_hdf5, sanitized

FOLDER = os.path.join(os.path.dirname(__file__), "..", "..", "bench", "reproducibility")


def command(name, *arguments, expect=0):
    """Runs bench/reproducibility/NAME; its output."""
    done = subprocess.run([sys.executable, os.path.join(FOLDER, name), "--larscale", LARSCALE,
                           *map(str, arguments)], env={**os.environ, "MPIEXEC": launcher()},
                          capture_output=True, text=True, check=False, timeout=TIMEOUT)
    assert done.returncode == expect, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def ranks():
    """The sanitizers make ranks slow to start."""
    return ["--ranks", "1,2,3"] if sanitized() else []


def test_same_bits():
    """the same bits on 1, 2, 3, 4 and 7 ranks with 1 and 2 threads"""
    needs_hdf5()
    out = command("same_bits", "--quick", *ranks()).splitlines()
    assert len(out) == (7 if sanitized() else 11), out
    checksum = re.fullmatch(r"the same bits in \d+ runs: ([0-9a-f]{16})", out[-1]).group(1)
    assert all(checksum in line for line in out), out


def test_other_bits():
    """what is not the same is found: MPI's own sum in float"""
    needs_hdf5()
    out = command("same_bits", "--quick", "--ranks", "1,3", "--threads", 1, "--", "--reduction", "float",
                  expect=1)
    assert "NOT the same bits: 2 different weights in 2 runs" in out, out
    assert "3 ranks x 1 thread: weights" in out, out


def test_kill_and_resume():
    """killed 4 times at random moments and resumed: the bits of the undisturbed run"""
    needs_hdf5()
    out = command("kill_and_resume", "--quick", *ranks())
    print("# " + out.replace("\n", "\n# ").rstrip("# \n"))
    assert "\n4 kills" in out and "the same bits as undisturbed: " in out, out


main(globals())
