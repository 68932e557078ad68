"""Changes the real kernels, one place at a time, and sees that the case table notices. Prints TAP."""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(os.environ["SOURCE"])
sys.path.append(str(SOURCE / "tests/support"))
import tap

KERNELS = SOURCE / "core/backends/cuda"
# A race may go well by luck, so a change is tried in many orders; the first that tells ends it.
ORDERS, MOST_ORDERS = 1, 12
BARRIER = "__syncthreads();"

# What is wrong, in which file, behind which text the change is, from what to what.
MUTATIONS = [
    ("none: the kernels as they are", "pool.cu", "", "", ""),
    ("no barrier after an image's tile was read", "first_block.cu",
     "TILE_COLUMNS * ROWS, field);", BARRIER, ""),
    ("no barrier after filters were read", "later_block.cu", "(float *)filters);", BARRIER, ""),
    ("no barrier before shared memory is used again", "later_block.cu",
     "/* The rows' maxima", BARRIER, ""),
    ("no barrier before sums of threads are added", "pool.cu", "hidden_sums[threadIdx.x] = hidden;",
     BARRIER, ""),
    ("no barrier while windows are sorted", "later_backward.cu",
     "counts[threadIdx.y][position] = count;", BARRIER, ""),
    ("no barrier between two stretches of windows", "first_backward.cu", "nobody still reads",
     "!__syncthreads_or(", "!("),
    ("a pixel right of the image's last one", "later_block.cu", "c >= 0 && ", "c < input.columns",
     "c <= input.columns"),
    ("a row above the image's first one", "later_backward.cu", "channel < input.channels && ",
     "r >= 0", "r >= -1"),
    ("a window too few at a border", "later_backward.cu", "row < output.rows && ",
     "row * POOL - RIM <= r", "row * POOL - RIM < r"),
    ("windows without charge that have some at a corner", "first_block.cu", "sees_charge",
     "r < FIELD; r++", "r < FIELD - 1; r++"),
    ("zero padding taken for background", "later_block.cu", "mark_windows(map",
     "left < 0 ||", ""),
    ("the last of equal sums", "arithmetic.h", "", "sum > best", "sum >= best"),
    ("a sum that all threads add to at once", "dense.cu", "",
     "row_sums[threadIdx.y][threadIdx.x] = sum;", "row_sums[0][threadIdx.x] += sum;"),
]


def mutated(name, behind, old, new):
    text = (KERNELS / name).read_text(encoding="utf-8")
    place = text.index(behind)
    place = text.index(old, place)
    return text[:place] + new + text[place + len(old):]


def build(folder, name, text):
    """The program with these kernels instead of the library's."""
    headers = folder / "backends/cuda"
    headers.mkdir(parents=True)
    sources = [name] if name.endswith(".cu") else ["first_block.cu", "later_block.cu", "general.cu"]
    for source in sources:
        (folder / source).write_text((KERNELS / source).read_text(encoding="utf-8"), encoding="utf-8")
    (headers / name if name.endswith(".h") else folder / name).write_text(text, encoding="utf-8")
    command = [os.environ["CXX"], *os.environ["FLAGS"].split(), "-std=c++20", "-O1", "-w", "-fopenmp",
               "-DLS_CUDA_EMULATED", f"-I{folder}", f"-I{SOURCE}/core", "-x", "c++",
               *(str(folder / source) for source in sources), "-x", "none",
               *os.environ["LIBRARIES"].split(), "-lm", "-lpthread", "-o", str(folder / "mutant")]
    subprocess.run(command, check=True)
    return folder / "mutant"


def check(name, behind, old, new):
    with tempfile.TemporaryDirectory() as folder:
        program = build(Path(folder), name, mutated(name, behind, old, new))
        orders = range(ORDERS if old == new else MOST_ORDERS)
        done = subprocess.run([program, *map(str, orders)], capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).strip().splitlines()
    ended = "nothing noticed" if not done.returncode else f"ended by signal {-done.returncode}"
    print(f"# {lines[0] if lines else ended}")
    assert (done.returncode == 0) == (old == new), lines


def test(mutation):
    return lambda: check(*mutation[1:])


sys.exit(tap.run([(mutation[0], test(mutation)) for mutation in MUTATIONS]))
