#!/usr/bin/env python3
"""Compares the larcv3 reader with h5dump on SBND's open sample, pixel by pixel. Prints TAP.

usage: test_larcv3_sample.py PRINT_PIXELS HAVE_HDF5
LARSCALE_DATA: folder of the sample.
"""
import os
import re
import shutil
import subprocess
import sys

PRODUCERS = ["sbndwire", "sbnd_cosmicseg"]


# Numbers and strings of a particle; its PDG code; its process.
PARTICLE, PDG, PROCESS = 43, 7, 30


def rows(sample, name, per_row):
    """The rows of a data set, as h5dump prints their numbers and strings."""
    text = subprocess.run(["h5dump", "-d", name, "-y", "-w", "0", "-m", "%.9g", sample],
                          check=True, capture_output=True, text=True).stdout
    found = re.findall(r'"[^"]*"|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?',
                       text[text.index("DATA {") + len("DATA {"):])
    assert len(found) % per_row == 0, (name, len(found))
    return [found[i:i + per_row] for i in range(0, len(found), per_row)]


def expected(sample, producer):
    """What print_pixels must print, from h5dump alone; pixels as a set per event."""
    group = f"/Data/sparse2d_{producer}_group/"
    events = rows(sample, group + "extents", 2)
    planes = rows(sample, group + "voxel_extents", 3)
    metas = rows(sample, group + "image_meta", 8)
    voxels = rows(sample, group + "voxels", 2)
    ids = rows(sample, "/Events/event_id", 3)
    particles = [(int(row[PDG]), row[PROCESS] == '"primary"') for row in
                 rows(sample, "/Data/particle_sbndneutrino_group/particles", PARTICLE)]
    of_event = rows(sample, "/Data/particle_sbndneutrino_group/extents", 2)
    assert len(particles) == sum(int(count) for _, count in of_event)
    found = []
    for event, (first, count) in enumerate(events):
        pixels = []
        for plane in range(int(first), int(first) + int(count)):
            start, length, number = map(int, planes[plane])
            # valid, projection_id, image_sizes[2], number_of_voxels[2], origin[2]
            wires, ticks = int(metas[plane][4]), int(metas[plane][5])
            assert (wires, ticks) == (2048, 1280)
            for voxel, value in voxels[start:start + length]:
                wire, tick = divmod(int(voxel), ticks)
                if float(value) != 0:
                    pixels.append(f"{number} {tick} {wire} {float(value):.9g}")
        start, length = map(int, of_event[event])
        pdg = next((code for code, primary in particles[start:start + length]
                    if primary and abs(code) not in (12, 14, 16)), 0)
        found.append((f"event {event} {' '.join(ids[event])} {pdg}", pixels))
    return found


def read(program, sample, producer):
    result = subprocess.run([program, sample, producer], check=True, capture_output=True, text=True)
    head, *lines = result.stdout.splitlines()
    events = []
    for line in lines:
        if line.startswith("event"):
            events.append((line, []))
        else:
            events[-1][1].append(line)
    return head, events


def differences(want, got):
    if want[0] != got[0]:
        return f"'{got[0]}' instead of '{want[0]}'"
    order = [tuple(map(int, line.split()[:3])) for line in got[1]]
    if order != sorted(set(order)):
        return "the pixels do not rise"
    missing, extra = set(want[1]) - set(got[1]), set(got[1]) - set(want[1])
    if missing or extra or len(want[1]) != len(got[1]):
        return f"{len(missing)} pixels missing, {len(extra)} too many: {sorted(missing)[:3]} " \
               f"{sorted(extra)[:3]}"
    return None


def main():
    program, have_hdf5 = sys.argv[1], sys.argv[2] == "1"
    sample = os.path.join(os.environ.get("LARSCALE_DATA", ""), "sbnd_cosmic_tagging_light.h5")
    reason = None
    if not have_hdf5:
        reason = "this build has no HDF5"
    elif "LARSCALE_DATA" not in os.environ or not os.path.exists(sample):
        reason = "LARSCALE_DATA does not name a folder with sbnd_cosmic_tagging_light.h5"
    elif not shutil.which("h5dump"):
        reason = "h5dump (hdf5-tools) is not installed"
    if reason:
        print(f"1..0 # SKIP {reason}")
        return 0
    failed, number = 0, 0
    print(f"1..{6 * len(PRODUCERS)}")
    for producer in PRODUCERS:
        want = expected(sample, producer)
        head, got = read(program, sample, producer)
        results = [(f"{producer}: shape", None if head == "5 3 1280 2048" and len(want) == len(got)
                    else f"'{head}', {len(got)} events")]
        results += [(f"{producer}: event {event}, {len(want[event][1])} pixels",
                     differences(want[event], got[event])) for event in range(5)]
        for title, wrong in results:
            number += 1
            failed += wrong is not None
            print(f"{'not ok' if wrong else 'ok'} {number} - {title}")
            if wrong:
                print(f"# {wrong}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
