"""simulate: what an event is can be told by its physics, and by nothing else."""
import glob
import os
import tempfile

import numpy
from program import Skip, larscale, main, needs_hdf5, sanitized

try:
    import blosc
    import h5py
except ImportError:
    blosc = None

KINDS = ["gamma", "e-", "mu-", "pi-", "K+"]
EVENTS = 1000
CHANCE = 1 / len(KINDS)
LIMIT = 4 * numpy.sqrt(CHANCE * (1 - CHANCE) / EVENTS)  # 4 sigma: 0.05


def simulate(folder, *more):
    larscale("simulate", "--out", folder, "--format", "packed", "--particles", ",".join(KINDS), "--events", EVENTS,
             *more)


def planes_of(file, number):
    """(indices, values) of each plane of a packed file's event (datasets/packed/README.md)."""
    row = file["packed/index"][number]
    record = file["packed/records"][row["offset"]:row["offset"] + row["bytes"]].tobytes()
    found, at = [([], []) for _ in range(3)], 0
    while at < len(record):
        plane, _, steps, values = numpy.frombuffer(record, "<u4", 4, at)
        at += 24
        found[plane][0].append(numpy.frombuffer(blosc.decompress(record[at:at + steps]), "<u4").cumsum())
        found[plane][1].append(numpy.frombuffer(blosc.decompress(record[at + steps:at + steps + values]), "<i4"))
        at += int(steps) + int(values)
    return [(numpy.concatenate(i or [numpy.zeros(0, int)]), numpy.concatenate(v or [numpy.zeros(0)])) for i, v in found]


def size_of(planes):
    """Charge, pixels and highest pixel of each plane."""
    return [f(values) if len(values) else 0 for _, values in planes for f in (numpy.sum, len, numpy.max)]


def place_of(planes, wires):
    """Where the charge is: its mean on each plane. No pixels: in the middle."""
    found = []
    for indices, values in planes:
        empty = not values.sum() > 0
        found += [4800 if empty else (indices // wires * values).sum() / values.sum(),
                  1200 if empty else (indices % wires * values).sum() / values.sum()]
    return found


def read(folder):
    """Labels, and columns of features by name."""
    labels, found = [], {}
    for path in sorted(glob.glob(os.path.join(folder, "*.h5"))):
        with h5py.File(path) as file:
            index, wires = file["packed/index"][:], int(file["packed"].attrs["wires"])
            labels += list(index["label"])
            for name in ("vertex", "momentum", "energy", "charge", "deposits"):
                found.setdefault(name, []).append(file["truth/" + name][:])
            planes = [planes_of(file, number) for number in range(len(index))]
            found.setdefault("size", []).append([size_of(p) for p in planes])
            found.setdefault("place", []).append([place_of(p, wires) for p in planes])
    found = {name: numpy.concatenate(parts) for name, parts in found.items()}
    number = numpy.arange(len(labels))
    found["order"] = numpy.stack([number] + [number % m for m in (2, 3, 4, 5, 7, 8, 10, 16, 64, 100)], axis=1)
    # what the generator gave before there was any physics: digits of vertex and direction
    drawn = numpy.concatenate([found["vertex"], direction(found)], axis=1)
    found["random"] = numpy.concatenate([drawn * scale % 1 for scale in (1, 1e3, 1e6)], axis=1)
    return numpy.array(labels), found


def direction(found):
    return found["momentum"] / numpy.linalg.norm(found["momentum"], axis=1, keepdims=True)


def accuracy(features, labels, folds=5):
    """Of a classifier that knows nothing but these columns, on events that it has not seen: least squares on
    the columns' ranks, in pieces (so that it sees ranges too), and their products."""
    ranks = numpy.argsort(numpy.argsort(features, axis=0), axis=0) / len(features) - 0.5
    ranks = ranks[:, numpy.ptp(features, axis=0) > 0]
    knots = [numpy.maximum(ranks - k, 0) for k in (-0.25, 0, 0.25)]
    pairs = [ranks[:, i:i + 1] * ranks[:, i:] for i in range(ranks.shape[1])] if ranks.shape[1] <= 12 else []
    x = numpy.concatenate([numpy.ones((len(ranks), 1)), ranks, *knots, *pairs], axis=1)
    y = numpy.eye(len(KINDS))[labels]
    fold = numpy.random.default_rng(1).permutation(len(labels)) % folds
    right = 0
    for k in range(folds):
        a, b = x[fold != k], y[fold != k]
        weights = numpy.linalg.solve(a.T @ a + 0.3 * numpy.eye(x.shape[1]), a.T @ b)
        right += (numpy.argmax(x[fold == k] @ weights, axis=1) == labels[fold == k]).sum()
    return right / len(labels)


def sample():
    """Labels and features of simulated events, made once."""
    needs_hdf5()
    if blosc is None:
        raise Skip("python3-h5py or python3-blosc is not installed")
    if sanitized():
        raise Skip("slow under sanitizers")
    if not hasattr(sample, "made"):
        with tempfile.TemporaryDirectory(prefix="larscale-test-") as folder:
            simulate(folder)
            sample.made = read(folder)
    return sample.made


def artefacts(labels, found):
    """Accuracies by what has nothing to do with the kind."""
    momentum = numpy.linalg.norm(found["momentum"], axis=1, keepdims=True)
    columns = {"momentum": momentum, "vertex": found["vertex"], "direction": direction(found),
               "order in the files": found["order"], "digits of random numbers": found["random"]}
    return {name: accuracy(values, labels) for name, values in columns.items()}


def largest_distance(values, labels):
    """Kolmogorov and Smirnov's between any two kinds, by its limit at a chance of 1e-5."""
    worst = 0
    for a in range(len(KINDS)):
        for b in range(a):
            one, two = numpy.sort(values[labels == a]), numpy.sort(values[labels == b])
            both = numpy.concatenate([one, two])
            distance = numpy.abs(numpy.searchsorted(one, both, "right") / len(one) -
                                 numpy.searchsorted(two, both, "right") / len(two)).max()
            worst = max(worst, distance / (2.47 * numpy.sqrt(1 / len(one) + 1 / len(two))))
    return worst


def faults(labels, found):
    """What gives the kind away and should not, by name."""
    given = []
    for name, got in artefacts(labels, found).items():
        print(f"# by {name}: {got:.3f}, chance {CHANCE} +- {LIMIT:.3f}")
        given += [name] if abs(got - CHANCE) >= LIMIT else []
    columns = {"spectrum of momentum": numpy.linalg.norm(found["momentum"], axis=1)}
    columns.update({f"vertex {'xyz'[i]}": found["vertex"][:, i] for i in range(3)})
    columns.update({f"direction {'xyz'[i]}": direction(found)[:, i] for i in range(3)})
    for name, values in columns.items():
        distance = largest_distance(values, labels)
        print(f"# {name}: {distance:.2f} of the distance that would be too large")
        given += [name] if distance >= 1 else []
    return given


def test_no_artefact():
    """momentum, vertex, direction, order and random numbers do not give the kind"""
    labels, found = sample()
    assert numpy.bincount(labels).tolist() == [EVENTS // 5] * 5
    assert faults(labels, found) == []


def test_sizes_are_physics():
    """charge, occupancy and highest pixels give the kind no better than the energies behind them; places do not"""
    labels, found = sample()
    # the energy that is left, what became of the rest, electrons, number of deposits and their length
    behind = numpy.concatenate([found["energy"][:, 1:], found["charge"], found["deposits"][:, [0, 5]]], axis=1)
    physics, size, place = (accuracy(x, labels) for x in (behind, found["size"], found["place"]))
    print(f"# by charge, pixels and highest pixels: {size:.3f}, by truth's energies, charge and lengths: {physics:.3f}")
    print(f"# by the place of the charge: {place:.3f}, chance {CHANCE} +- {LIMIT:.3f}")
    assert CHANCE + LIMIT < size < physics + LIMIT, (size, physics)
    assert abs(place - CHANCE) < LIMIT + 0.03, place  # a photon's charge is 20 cm ahead


def test_faults_are_seen():
    """deliberate faults: vertices, momenta or files of its own give a kind away"""
    labels, found = sample()
    low = numpy.flatnonzero(labels == KINDS.index("mu-"))
    changed = {key: values.copy() for key, values in found.items()}
    changed["vertex"][low, 0] *= 0.7
    assert "vertex x" in faults(labels, changed)
    changed = {key: values.copy() for key, values in found.items()}
    changed["momentum"][low] *= 0.7
    assert "spectrum of momentum" in faults(labels, changed)
    assert "order in the files" in faults(numpy.sort(labels), found)


main(globals())
