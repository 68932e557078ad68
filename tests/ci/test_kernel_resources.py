"""Tests ci/kernel_resources with a stand-in for nvcc. Prints TAP."""
import subprocess
import sys
import tempfile
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "ci" / "kernel_resources"
HOT = "_ZN7ls_cuda3hotILi64EEEvPf"  # void ls_cuda::hot<64>(float*)
ADD = "_ZN7ls_cuda3addEPfPKfm"      # ls_cuda::add(float*, float const*, unsigned long)


def report(symbol, registers, spilled=0, shared=0):
    """What ptxas says of a kernel."""
    return (f"ptxas info    : Compiling entry function '{symbol}' for 'sm_@'\n"
            f"ptxas info    : Function properties for {symbol}\n"
            f"    0 bytes stack frame, {spilled} bytes spill stores, {spilled} bytes spill loads\n"
            f"ptxas info    : Used {registers} registers, used 0 barriers"
            + (f", {shared} bytes smem" if shared else "") + ", 360 bytes cmem[0]\n")


def check(folder, text, *options, code=0):
    """The exit code and what is said, if the compiler says text."""
    nvcc = folder / "nvcc"
    (folder / "said").write_text(text)
    nvcc.write_text(f"#!/bin/bash\narch=$(grep -o 'sm_[0-9]*' <<< \"$*\" | head -n 1)\n"
                    f"sed \"s/sm_@/$arch/\" {folder}/said >&2\nexit {code}\n")
    nvcc.chmod(0o755)
    done = subprocess.run([sys.executable, SCRIPT, "--nvcc", nvcc, "--limits", folder / "limits.csv",
                           *options, "kernels.cu"], capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def cases(folder):
    good = report(HOT, 61, shared=2048) + report(ADD, 10)
    code, _ = check(folder, good, "--write")
    limits = (folder / "limits.csv").read_text()
    yield "limits are written", code == 0 and "hot<64>,80,64,0,2048" in limits and "add,90,16,0,0" in limits
    yield "within the limits", check(folder, good, "--hot", "hot,add") == (0, "")
    code, said = check(folder, report(HOT, 65, shared=2048) + report(ADD, 10))
    yield "too many registers", code == 1 and "hot<64> for sm_80: 65 registers, the limit is 64" in said
    code, said = check(folder, report(HOT, 61, shared=2052) + report(ADD, 10))
    yield "too much shared memory", code == 1 and "2052 shared, the limit is 2048" in said
    code, said = check(folder, report(HOT, 61, 4, 2048) + report(ADD, 10))
    yield "spilled", code == 1 and "8 spilled, the limit is 0" in said
    code, said = check(folder, good + report("_ZN7ls_cuda3newEPf", 8))
    yield "a kernel that the file lacks", code == 1 and "new for sm_90: not in the file" in said
    code, said = check(folder, report(HOT, 61, shared=2048))
    yield "a kernel that is no more", code == 1 and "add for sm_80: in the file of limits, but" in said
    code, said = check(folder, good, "--hot", "gone")
    yield "a hot kernel that is no more", code == 1 and "gone: must spill nothing, but no source" in said
    code, said = check(folder, report(HOT, 61, 4, 2048) + report(ADD, 10), "--write", "--hot", "hot")
    yield "a hot kernel may not spill, limits or not", code == 1 and "must spill none" in said
    yield "a source without kernels", check(folder, "")[0] == 1
    yield "a source that does not compile", check(folder, good, code=1)[0] == 1


with tempfile.TemporaryDirectory() as made:
    failures = 0
    number = 0
    for number, (title, right) in enumerate(cases(Path(made)), 1):
        failures += not right
        print(f"{'ok' if right else 'not ok'} {number} - {title}")
    print(f"1..{number}")
    sys.exit(failures > 0)
