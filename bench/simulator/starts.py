"""How events of electrons and photons begin, seen in the images of the collection plane: the gap between
vertex and shower, and dE/dx on its first centimetres. What makes the two kinds differ."""
import glob
import json
import os
import subprocess
import sys
import tempfile

import blosc
import h5py
import numpy

PITCH, FIRST_WIRE = 0.3, 0.25  # cm, of the Y wires
WIRES = 8  # 2.4 cm
ELECTRONS_PER_UNIT, ELECTRONS_PER_MEV = 200, 1e6 / 23.6


def simulate(larscale, folder, events, momentum=0.5):
    """Along the wires' normal, so that a wire sees 3 mm of a track; near the anode, no noise."""
    subprocess.run([larscale, "simulate", "--out", folder, "--events", str(events), "--particles", "e-,gamma",
                    "--momentum", f"{momentum}:{momentum}", "--direction", "0,0,1", "--noise", "none",
                    "--vertex", "40:60,-20:20,100:200", "--format", "packed", "--json"], check=True, stdout=subprocess.DEVNULL)


def mev_of(units):
    """dE/dx of the charge per wire. One factor of recombination for all, that of 2.1 MeV/cm, as is usual for
    showers: two particles on a wire recombine each by itself."""
    return units * ELECTRONS_PER_UNIT / PITCH / ELECTRONS_PER_MEV / 0.63


def wire_sums(file, number, columns, plane=2):
    """Charge of each wire of a plane of a packed file's event (datasets/packed/README.md)."""
    row = file["packed/index"][number]
    record = file["packed/records"][row["offset"]:row["offset"] + row["bytes"]].tobytes()
    sums, at = numpy.zeros(columns), 0
    while at < len(record):
        block_plane, _, steps, values = numpy.frombuffer(record, "<u4", 4, at)
        at += 24
        if block_plane == plane:
            indices = numpy.frombuffer(blosc.decompress(record[at:at + steps]), "<u4").cumsum()
            pixels = numpy.frombuffer(blosc.decompress(record[at + steps:at + steps + values]), "<i4")
            numpy.add.at(sums, indices % columns, pixels)
        at += int(steps) + int(values)
    return sums


def start_of(sums, vertex_z):
    """Gap in cm and median charge of the first wires; None: no shower. The first wire of a start is the first
    of four that all have charge; it and the next are left out, as they see a part."""
    lit = sums > 15  # a fifth of minimum ionisation
    starts = numpy.flatnonzero(lit[:-3] & lit[1:-2] & lit[2:-1] & lit[3:])
    if not len(starts):
        return None
    first = starts[0]
    return first * PITCH + FIRST_WIRE - vertex_z, numpy.median(sums[first + 2:first + 2 + WIRES])


def measure(folder):
    """{kind: array [events, (gap, dE/dx)]}."""
    found = {}
    for path in sorted(glob.glob(os.path.join(folder, "*.h5"))):
        with h5py.File(path) as file:
            names = [file["packed"].attrs[f"class{k}"].decode() for k in range(2)]
            columns = int(file["packed"].attrs["wires"])
            for number, row in enumerate(file["packed/index"][:]):
                start = start_of(wire_sums(file, number, columns), file["truth/vertex"][number, 2])
                if start:
                    found.setdefault(names[row["label"]], []).append((start[0], mev_of(start[1])))
    return {kind: numpy.array(rows) for kind, rows in found.items()}


def summary(found):
    """What the two kinds have in common, and not."""
    electron, photon = found["e-"], found["gamma"]
    cuts = numpy.linspace(1, 6, 201)
    right = [((electron[:, 1] < c).mean() + (photon[:, 1] >= c).mean()) / 2 for c in cuts]
    return {"gap_e": float(numpy.median(electron[:, 0])), "gap_gamma": float(photon[:, 0].mean()),
            "dedx_e": float(numpy.median(electron[:, 1])), "dedx_gamma": float(numpy.median(photon[:, 1])),
            "right_by_dedx": float(max(right)), "cut": float(cuts[int(numpy.argmax(right))])}


def draw(found, prefix):
    """PREFIX.csv and, by gnuplot, PREFIX.png."""
    with open(prefix + ".csv", "w", encoding="ascii") as file:
        file.write("kind,gap_cm,dedx_mev_cm\n")
        for kind, rows in sorted(found.items()):
            file.writelines(f"{kind},{gap:.3f},{dedx:.4f}\n" for gap, dedx in rows)
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "plots", "shower_starts.gnuplot")
    subprocess.run(["gnuplot", "-e", f"data='{prefix}.csv'; picture='{prefix}.png'", script], check=True)


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit("usage: starts.py LARSCALE PREFIX [EVENTS]    writes PREFIX.csv, PREFIX.png, PREFIX.json (1000 events)")
    larscale, prefix = sys.argv[1:3]
    with tempfile.TemporaryDirectory() as folder:
        simulate(larscale, folder, int(sys.argv[3]) if len(sys.argv) == 4 else 1000)
        found = measure(folder)
    draw(found, prefix)
    with open(prefix + ".json", "w", encoding="ascii") as file:
        json.dump({kind: len(rows) for kind, rows in found.items()} | summary(found), file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
