"""The script of the format's README, run as it stands there on a file that the program wrote, gives
the pixels that the program was given. Prints TAP; needs h5py, python3-blosc and python3-xxhash."""
import os
import re
import struct
import subprocess
import sys
import tempfile

import numpy

readme, larscale = sys.argv[1:]
os.environ["LARSCALE"] = larscale
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "cli"))
from program import Skip, main


def needs(*modules):
    for module in modules:
        try:
            __import__(module)
        except ImportError as missing:
            raise Skip(f"{module} is not installed") from missing


def made(folder, kind):
    """Two planes of random pixels as an array, and their packed file."""
    random = numpy.random.default_rng(5)
    images = numpy.rint(random.normal(0, 300, (4, 700, 650)) * (random.random((4, 700, 650)) < 0.7))
    images[3] = 0
    images = (images * (1 if kind == "int32" else 0.123)).astype(kind)
    source, packed = os.path.join(folder, "images.npy"), os.path.join(folder, "packed.h5")
    numpy.save(source, images)
    subprocess.run([larscale, "convert", source, "--labels", "index", "--format", "packed", "--out", packed],
                   check=True, stdout=subprocess.DEVNULL)
    return images, packed


def same_as_readme(kind):
    needs("h5py", "blosc")
    script = re.search(r"```python\n(.*?)```", open(readme, encoding="utf-8").read(), re.S).group(1)
    scope = {}
    exec(script, scope)
    import h5py
    with tempfile.TemporaryDirectory(prefix="larscale-test-") as folder:
        images, packed = made(folder, kind)
        with h5py.File(packed) as file:
            assert file["packed"].attrs["values"].decode() == kind
            assert list(file["packed/index"]["label"]) == [0, 1, 2, 3]
            for number, image in enumerate(images):
                dense = numpy.zeros(image.size, kind)
                blocks = scope["event"](file, number)
                for plane, indices, pixels in blocks:
                    assert plane == 0
                    dense[indices] = pixels
                assert numpy.array_equal(dense.reshape(image.shape), image), number
                assert len(blocks) == (0 if number == 3 else 2), len(blocks)


def test_int32():
    """the README's script reads whole numbers"""
    same_as_readme("int32")


def test_float32():
    """the README's script reads floats"""
    same_as_readme("float32")


def test_checksums():
    """the checksums are what the README says"""
    needs("h5py", "xxhash")
    import h5py
    import xxhash
    with tempfile.TemporaryDirectory(prefix="larscale-test-") as folder:
        with h5py.File(made(folder, "int32")[1]) as file:
            for row in file["packed/index"][:]:
                assert xxhash.xxh3_64_intdigest(row.tobytes()[:-8]) == row["checksum"]
                start = int(row["offset"])
                record = file["packed/records"][start:start + int(row["bytes"])].tobytes()
                at = 0
                while at < len(record):
                    _, _, steps, values, checksum = struct.unpack_from("<IIIIQ", record, at)
                    seed = xxhash.xxh3_64_intdigest(record[at:at + 16], int(row["event"]))
                    at += 24
                    assert xxhash.xxh3_64_intdigest(record[at:at + steps + values], seed) == checksum
                    at += steps + values


main(globals())
