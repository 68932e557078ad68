"""The roofline page is what its program prints. Prints TAP."""
import csv
import io
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import tap  # noqa: E402  (beside the tests of other folders)

PROGRAM = os.environ["LARSCALE_ROOFLINE"]
PAGE = Path(__file__).resolve().parents[2] / "core" / "backends" / "cuda" / "ROOFLINE.md"


def output(*arguments, code=0):
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == code, (done.returncode, done.stderr)
    return done.stdout


def test_page():
    """The page is the program's output (else: larscale_roofline > core/backends/cuda/ROOFLINE.md)."""
    assert output() == PAGE.read_text(encoding="utf-8")


def test_layers():
    """Bounds of layers: half the peaks, twice the time; every layer, both passes."""
    def bounds(factor):
        text = output(1e13 * factor, 1e12 * factor)
        return {(r["layer"], r["pass"]): float(r["bound_ms"]) for r in csv.DictReader(io.StringIO(text))}
    full, half = bounds(1), bounds(0.5)
    assert len(full) == 12 and ("conv1", "forward") in full and ("dense2", "backward") in full
    assert all(abs(half[k] - 2 * full[k]) <= 1e-4 * full[k] + 1e-9 for k in full), (full, half)
    # By hand: 2 x 25 x 10 products for each of 3600 x 3600 pixels, at 10 TFLOP/s.
    assert abs(full["conv1", "forward"] - 1e3 * 2 * 25 * 10 * 3600**2 / 1e13) < 1e-3, full


def test_refused():
    """Peaks that are none are refused."""
    output("fast", 1e12, code=2)
    output(1e13, -1, code=2)
    output(1e13, 1e12, 4, code=2)
    output(1, code=2)


sys.exit(tap.run(tap.tests_of(globals())))
