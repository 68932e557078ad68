"""Writes FOLDER/report.md from what ci/gpu left there: steps and layers against the roofline measured
on that device, and the targets.

usage: gpu_report.py FOLDER LARSCALE_ROOFLINE"""
import csv
import io
import json
import statistics
import subprocess
import sys
from pathlib import Path


def medians(path):
    """{name of the contest: {counter: median over repetitions}}"""
    runs = {}
    for entry in json.loads(path.read_text(encoding="utf-8"))["benchmarks"]:
        if entry["run_type"] == "iteration":
            runs.setdefault(entry["name"], []).append(entry)
    return {name: {key: statistics.median(e[key] for e in entries) for key in entries[0]
                   if isinstance(entries[0][key], (int, float))}
            for name, entries in runs.items()}


def bounds(roofline, peaks, size):
    """{(layer, pass): ms} of a dense image on a device with these peaks."""
    text = subprocess.run([roofline, str(peaks["fma_flops"]), str(peaks["copy_bytes"]), str(size)],
                          capture_output=True, text=True, check=True).stdout
    return {(row["layer"], row["pass"]): float(row["bound_ms"]) for row in csv.DictReader(io.StringIO(text))}


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines) + "\n"


def backend_of(name):
    return name.split("/")[1].split(":")[0]


def steps(folder):
    """{(backend, dense, batch): ms of an image}"""
    found = {}
    for path in folder.glob("step-*.json"):
        batch = int(path.stem.split("-")[1])
        for name, values in medians(path).items():
            found[backend_of(name), name.endswith("/dense"), batch] = values["real_time"] / batch
    return found


def step_rows(found):
    return [[backend, "dense" if dense else "events", batch, f"{ms:.3g}"]
            for (backend, dense, batch), ms in sorted(found.items())]


def layer_rows(folder, bound):
    rows = []
    for name, values in medians(folder / "layers.json").items():
        for (layer, which), least in bound.items():
            ms = values.get(f"{layer}_{which}_ms")
            if ms is not None:
                rows.append([backend_of(name), layer, which, f"{ms:.3g}", f"{least:.3g}", f"{ms / least:.2g}"])
    return rows


def target_rows(found, bound, own, baseline, emulated):
    """Each target: what was wanted, what was measured. Emulated, none is met or not."""
    def best(backend, dense):
        times = [ms for (b, d, _), ms in found.items() if b == backend and d == dense]
        return min(times) if times else None
    dense, events, other = best(own, True), best(own, False), best(baseline, True)
    least = sum(bound.values())
    rows = []
    for what, wanted, value, is_met in [
            ("step of a dense image over its bound", "1.5 or less", dense and dense / least, lambda x: x <= 1.5),
            (f"{baseline} over {own}, dense", "3 or more", dense and other and other / dense, lambda x: x >= 3),
            ("dense over events", "5 or more", dense and events and dense / events, lambda x: x >= 5)]:
        verdict = "not measured" if value is None else \
            "emulated" if emulated else "met" if is_met(value) else "not met"
        rows.append([what, wanted, "" if value is None else f"{value:.3g}", verdict])
    return rows


def write(folder, roofline):
    info = json.loads((folder / "info.json").read_text(encoding="utf-8"))
    peaks = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("peaks-*.json"))]
    emulated = peaks[0]["emulated"]
    bound = bounds(roofline, peaks[0], 640 if emulated else 3600)
    found = steps(folder)
    suffix = "-emulated" if emulated else ""
    text = "# GPU results\n\n"
    if emulated:
        text += "**Emulated: these times mean nothing**, and the bounds are of another network.\n\n"
    text += f"Revision {info['program']['revision']}, {info['machine']['cpu']}.\n\n"
    text += table(["device", "name", "TFLOP/s", "memory, GB/s", "to the device, GB/s", "from it, GB/s"],
                  [[p["device"], p["name"], *(f"{p[key] / scale:.3g}" for key, scale in [
                      ("fma_flops", 1e12), ("copy_bytes", 1e9), ("to_device_bytes", 1e9),
                      ("from_device_bytes", 1e9)])] for p in peaks])
    text += "\n## Steps: ms of an image, median\n\n" + table(["backend", "image", "batch", "ms"], step_rows(found))
    text += "\n## Layers: ms, each launch waited for, and the bound measured here\n\n" + table(
        ["backend", "layer", "pass", "ms", "bound", "ratio"], layer_rows(folder, bound))
    text += "\n## Targets\n\n" + table(["what", "wanted", "measured", "verdict"], target_rows(
        found, bound, f"cuda{suffix}", f"cudnn{suffix}", emulated))
    text += "\nTransfer and decompression apart: the phases in train/ and gpu-speedup/.\n"
    (folder / "report.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    write(Path(sys.argv[1]), sys.argv[2])
