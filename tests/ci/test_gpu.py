"""ci/gpu on the emulated device: every step runs, and what is left says that its times mean nothing.
Prints TAP."""
import csv
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import tap  # noqa: E402  (beside the tests of other folders)

SCRIPT = Path(__file__).resolve().parents[2] / "ci" / "gpu"
BUILD = os.environ.get("BUILD")


def gpu(*arguments, code=0):
    done = subprocess.run([SCRIPT, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=500)
    assert done.returncode == code, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def test_usage():
    """Wrong options, and a folder that is there, are refused."""
    assert "unknown option" in gpu("--fast", code=2)
    assert "wants a value" in gpu("--out", code=2)
    with tempfile.TemporaryDirectory() as folder:
        assert "is there" in gpu("--out", folder, code=2)


def test_emulated():
    """All steps on two emulated devices."""
    if not BUILD:
        raise tap.Skip("this build lacks HDF5, MPI, or the emulated device")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "results"
        said = gpu("--emulated", "--build", BUILD, "--out", out)
        assert said.splitlines()[-1].endswith(" 0 failed, 4 skipped"), said  # the sanitizer's tools
        with open(out / "steps.csv", newline="", encoding="utf-8") as file:
            codes = {row["step"]: row["code"] for row in csv.DictReader(file)}
        assert codes["check-test_whole_network"] == "0" and codes["gpu-speedup"] == "1", codes
        verdict = (out / "gpu-speedup" / "RESULT").read_text(encoding="utf-8")
        assert "RESULT INVALID reason=backend cuda-emulated emulates its device" in verdict, verdict
        report = (out / "report.md").read_text(encoding="utf-8")
        assert "Emulated: these times mean nothing" in report and "| cudnn-emulated | conv1 |" in report, report


def test_failing_step():
    """A step that fails is named, and the run is a failure."""
    if not BUILD:
        raise tap.Skip("this build lacks HDF5, MPI, or the emulated device")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LARSCALE_EMULATED_DEVICES"] = "0"
        try:
            said = gpu("--emulated", "--build", BUILD, "--out", Path(folder) / "results", code=77)
        finally:
            del os.environ["LARSCALE_EMULATED_DEVICES"]
        assert "the backend cuda-emulated has no device here" in said, said


sys.exit(tap.run(tap.tests_of(globals())))
