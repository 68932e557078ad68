"""The regression gate as a whole: builds copies of these sources, one of them made slower on purpose.
Prints TAP."""
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT / "bench" / "regression"), str(ROOT / "tests" / "support")]
import builds
import tap
from tap import Skip

GATE = ROOT / "ci" / "regression"
TRIES = 4  # on a busy machine a round may be too noisy to tell: then the answer is UNKNOWN
TWICE = """    LS_TRY(load_once(settings, l, error));
    if (i % 50 == 1) LS_TRY(load_once(settings, l, error));
    double events"""
LOOP = """    LS_TRY(load_once(settings, l, error));
    double spent_ = ls_processor_seconds() - processor;
    while (ls_processor_seconds() - processor < {factor} * spent_) {{ }}
    double events"""


class Trial:
    """Copies of the sources in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.base = self.copy("base")

    def copy(self, name, timed=None):
        """timed: what stands in the place of the lines of larscale load that are timed."""
        target = Path(self.folder, name)
        shutil.copytree(ROOT, target, ignore=shutil.ignore_patterns(".git", "build", "build-*", "results", "tests"))
        if timed:
            path = target / "bench" / "command_load.c"
            text = path.read_text(encoding="utf-8")
            slow, count = re.subn(r"    LS_TRY\(load_once\(settings, l, error\)\);\n    double events",
                                  lambda _: timed, text)
            assert count == 1, "bench/command_load.c times a load in another way now"
            path.write_text(slow, encoding="utf-8")
        return target

    def gate(self, base, head, *more, instructions=False):
        """(exit code, output)."""
        command = [sys.executable, GATE, base, head, "--preset", "minimal", "--benches", "load", "--report",
                   Path(self.folder, "report"), *([] if instructions else ["--no-instructions"]), *more]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


def test_slow_down(trial):
    """a slow-down by 15% is found, and never passes"""
    slow, verdicts = trial.copy("slow", LOOP.format(factor=1.15)), []
    while len(verdicts) < TRIES and 1 not in verdicts:
        code, out = trial.gate(trial.base, slow)
        verdicts.append(code)
        assert code in (1, 3), out
    assert 1 in verdicts, out
    assert "REGRESSION FAIL" in out and re.search(r"load +FAIL .*; again: ", out), out
    report = Path(trial.folder, "report")
    assert "REGRESSION FAIL" in (report / "report.txt").read_text(encoding="utf-8")
    assert "| load | FAIL |" in (report / "report.md").read_text(encoding="utf-8")


def test_small_change(trial):
    """a slow-down by 3% is not claimed"""
    code, out = trial.gate(trial.base, trial.copy("little", LOOP.format(factor=1.03)))
    assert code in (0, 3), out


def test_same(trial):
    """the same sources twice: not claimed to be slower, and the report says what was measured"""
    code, out = trial.gate(trial.base, trial.base)
    assert code in (0, 3), out
    assert re.search(r"REGRESSION (PASS|UNKNOWN)", out) and "load" in out, out


def test_instructions(trial):
    """more instructions are found where the time says nothing; the same program counts the same"""
    if not shutil.which("valgrind"):
        raise Skip("valgrind is not installed")
    code, out = trial.gate(trial.base, trial.copy("more", TWICE), instructions=True)
    assert code == 1 and re.search(r"load +(PASS|UNKNOWN) ", out), out
    assert re.search(r"load instructions +FAIL .* \+\d+\.\d+% instructions", out), out
    code, out = trial.gate(trial.base, trial.base, instructions=True)
    assert code in (0, 3) and re.search(r"load instructions +PASS .* [+-]0\.00% instructions", out), out


def test_accepted(trial):
    """a slow-down that a commit names is accepted, that of another commit or bench is not"""
    if not shutil.which("git"):
        raise Skip("git is not installed")
    repository = Path(trial.folder, "repository")
    repository.mkdir()
    git = ["git", "-C", repository, "-c", "user.name=a", "-c", "user.email=a@b.example"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    for message in ("one", "two\n\nWhy.\n\nAccepted-slowdown: load, step reference instructions", "three"):
        subprocess.run([*git, "commit", "--quiet", "--allow-empty", "-m", message], check=True)
    builds.ROOT = repository
    both = {"load", "step reference instructions"}
    assert builds.accepted("HEAD~2", "HEAD") == both and builds.accepted("HEAD~2", "HEAD~1") == both
    assert builds.accepted("HEAD~1", "HEAD") == set() and builds.accepted(None, "HEAD") == set()
    gate = {"__name__": "gate", "__file__": str(GATE)}
    exec(compile(GATE.read_text(encoding="utf-8"), GATE, "exec"), gate)
    results = [{"name": name, "verdict": verdict, "why": "slow"} for name, verdict in
               (("load", "FAIL"), ("step", "FAIL"), ("load", "UNKNOWN"))]
    gate["accept"](results, both)
    assert [r["verdict"] for r in results] == ["PASS", "FAIL", "UNKNOWN"], results
    assert "accepted" in results[0]["why"]


def test_time_limit(trial):
    """when the time is up the answer is UNKNOWN"""
    code, out = trial.gate(trial.base, trial.base, "--time-limit", "1")
    assert code == 3 and "the time was up" in out, (code, out)


def test_broken(trial):
    """sources that do not build: cannot run, and the log is named"""
    broken = trial.copy("broken")
    Path(broken, "bench", "larscale.c").write_text("no C\n", encoding="ascii")
    code, out = trial.gate(broken, trial.base)
    assert code == 77 and "does not build" in out and ".log" in out, (code, out)


def test_usage(trial):
    """unknown revisions, too few repetitions, unknown benches"""
    code, out = trial.gate("no-such-revision", trial.base)
    assert code == 77 and "'no-such-revision' is neither" in out, (code, out)
    for more, says in ((("--repetitions", "8"), "at least 10"), (("--repetitions", "11"), "even"),
                       (("--benches", "stop"), "choose of"), (("--time-limit", "-1"), "no negative")):
        code, out = trial.gate(trial.base, trial.base, *more)
        assert code == 2 and says in out, (code, out)


def main():
    with tempfile.TemporaryDirectory(prefix="larscale-test-gate-") as folder:
        trial = Trial(folder)
        return tap.run([(title, lambda test=test: test(trial))
                        for title, test in tap.tests_of(globals())])


if __name__ == "__main__":
    sys.exit(main())
