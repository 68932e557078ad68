"""The two programs that are compared: built from git revisions or source folders, with one preset."""
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KEPT = 4  # programs of earlier revisions


class CannotRun(Exception):
    """Nothing can be said, for this reason."""


def git(*arguments):
    done = subprocess.run(["git", "-c", "safe.directory=*", "-C", str(ROOT), *arguments],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotRun(f"git {arguments[0]}: {(done.stderr.strip() or 'failed').splitlines()[-1]}")
    return done.stdout.strip()


def is_folder(what):
    return os.sep in what and Path(what, "CMakeLists.txt").is_file()


def identify(what):
    """(name for people, git revision or None for a folder)."""
    if is_folder(what):
        return what, None
    try:
        return what, git("rev-parse", "--verify", "--quiet", f"{what}^{{commit}}")
    except (CannotRun, FileNotFoundError):
        raise CannotRun(f"'{what}' is neither a git revision here nor a folder of sources") from None


def accepted(base, head):
    """Names of benches whose slow-down is meant: trailers Accepted-slowdown of the commits between."""
    if not base or not head:
        return set()
    names = git("log", "--format=%(trailers:key=Accepted-slowdown,valueonly)", f"{base}..{head}")
    return {name.strip() for name in names.replace(",", "\n").splitlines() if name.strip()}


def compile_sources(source, preset, target, log, deadline):
    """Builds the program alone, and puts it at target."""
    with tempfile.TemporaryDirectory(prefix="larscale-build-") as build, open(log, "w", encoding="utf-8") as out:
        steps = (["cmake", "--preset", preset, "-S", source, "-B", build, "-DLARSCALE_TESTS=OFF",
                  "-DLARSCALE_WITH_CUDA=OFF"],  # no GPU is timed, and nvcc takes its time
                 ["cmake", "--build", build, "-j", str(os.cpu_count()), "--target", "larscale"])
        for step in steps:
            try:
                done = subprocess.run(list(map(str, step)), cwd=source, stdin=subprocess.DEVNULL, stdout=out,
                                      stderr=subprocess.STDOUT, check=False, timeout=deadline.left())
            except subprocess.TimeoutExpired:
                raise CannotRun("the time was up while building") from None
            if done.returncode:
                raise CannotRun(f"{source} does not build with preset {preset}: {log}")
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{target.name}.partial-{os.getpid()}")
        shutil.copy2(Path(build, "bench", "larscale"), partial)
        partial.rename(target)


def build_revision(revision, preset, folder, deadline):
    """The program of a revision, kept for the next time."""
    kept = folder / "programs" / f"{revision[:16]}-{preset}" / "larscale"
    if kept.is_file():
        kept.parent.touch()
        return kept
    with tempfile.TemporaryDirectory(prefix="larscale-sources-") as parent:
        source = Path(parent, "source")
        git("worktree", "add", "--detach", "--force", str(source), revision)
        try:
            compile_sources(source, preset, kept, folder / f"build-{revision[:16]}.log", deadline)
        finally:
            git("worktree", "remove", "--force", str(source))
    earlier = sorted(kept.parent.parent.iterdir(), key=lambda path: path.stat().st_mtime)
    for old in earlier[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return kept


def program(what, role, preset, folder, work, deadline):
    """Builds WHAT; the copy that is run has a path as long as the other one's: where a stack begins
    depends on it, and times may depend on that."""
    _, revision = identify(what)
    target = work / role / "larscale"
    if revision is None:
        compile_sources(Path(what).resolve(), preset, target, folder / f"build-{role}.log", deadline)
    else:
        target.parent.mkdir(parents=True)
        shutil.copy2(build_revision(revision, preset, folder, deadline), target)
    return target
