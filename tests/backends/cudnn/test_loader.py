"""How the backend cudnn is opened: what is missing is said, and nothing else fails. Prints TAP.

Stand-ins for NVIDIA's libraries, which do nothing, are made here with the C compiler; they come first
in LD_LIBRARY_PATH, so that it does not matter whether the machine has the real ones."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
import tap  # noqa: E402  (beside the tests of other folders)

PROGRAM = os.environ["LARSCALE"]
MODULE = Path(os.environ["CUDNN_MODULE"])
CUDNN = int(os.environ["CUDNN_MAJOR"])
CUBLAS = int(os.environ["CUBLAS_MAJOR"])


def open_symbols():
    """The functions of cuDNN and cuBLAS that the module leaves open."""
    said = subprocess.run(["nm", "-D", "--undefined-only", MODULE], capture_output=True, text=True, check=True)
    return re.findall(r"\bU (cu(?:dnn|blas)\w+)", said.stdout)


def make_library(folder, name, major, functions=()):
    source = folder / f"{name}.c"
    source.write_text("".join(f"int {f}(void) {{ return 0; }}\n" for f in functions) or "int nothing;\n")
    file = f"{name}.so.{major}"
    subprocess.run(["cc", "-shared", "-fPIC", "-Wno-builtin-declaration-mismatch", source, "-o", folder / file,
                    f"-Wl,-soname,{file}"], check=True)


def make_libraries(folder, cudnn=CUDNN, functions=None):
    make_library(folder, "libcublasLt", CUBLAS)
    make_library(folder, "libcublas", CUBLAS)
    make_library(folder, "libcudnn", cudnn, open_symbols() if functions is None else functions)


def backend(folder, modules=MODULE.parent):
    """What `larscale info` says of the backend, with the libraries of a folder."""
    environment = {**os.environ, "LD_LIBRARY_PATH": str(folder), "LARSCALE_MODULES": str(modules)}
    said = subprocess.run([PROGRAM, "info", "--json", "--size", "640"], capture_output=True, text=True,
                          env=environment, check=True, timeout=60)
    found = [b for b in json.loads(said.stdout)["backends"] if b["name"] == "cudnn"]
    assert len(found) == 1, found
    return found[0]


def refused(says, folder, modules=MODULE.parent):
    said = backend(folder, modules)
    assert not said["available"] and re.search(says, said["reason"]), said


def in_folder(test):
    def run():
        with tempfile.TemporaryDirectory() as folder:
            test(Path(folder))
    run.__doc__ = test.__doc__
    return run


@in_folder
def test_no_module(folder):
    """No module."""
    refused("there is no module larscale_cudnn.so", folder, folder)


@in_folder
def test_other_major(folder):
    """cuDNN of another major."""
    if find_real("cudnn"):
        raise tap.Skip("this machine has cuDNN in the loader's own folders, which is found then")
    make_libraries(folder, CUDNN - 1)
    refused(f"this build is for cuDNN {CUDNN}; here is cuDNN {CUDNN - 1}", folder)


@in_folder
def test_damaged_library(folder):
    """A library that is none."""
    make_libraries(folder)
    for library in folder.glob("libcudnn.so.*"):
        library.write_text("not a library")
    if find_real("cudnn"):
        raise tap.Skip("this machine has cuDNN in the loader's own folders, which is found then")
    refused("no cuDNN", folder)


@in_folder
def test_no_libraries(folder):
    """No cuBLAS."""
    if find_real("cublas"):
        raise tap.Skip("this machine has cuBLAS in the loader's own folders")
    refused(f"no cuBLASLt {CUBLAS} .*LD_LIBRARY_PATH.*libcublasLt.so.{CUBLAS}", folder)


@in_folder
def test_function_missing(folder):
    """A library without the functions."""
    make_libraries(folder, functions=["cudnnCreate"])
    refused("the module cannot be opened: .*undefined symbol", folder)


@in_folder
def test_other_module(folder):
    """A module that is none."""
    make_libraries(folder)
    (folder / "larscale_cudnn.so").write_text("not a module")
    refused("the module cannot be opened", folder, folder)


@in_folder
def test_module_of_another_build(folder):
    """A module of another build."""
    make_libraries(folder)
    source = folder / "other.c"
    source.write_text("const struct { int interface; unsigned long size; void *b; } larscale_cudnn_module = {-1};")
    subprocess.run(["cc", "-shared", "-fPIC", source, "-o", folder / "larscale_cudnn.so"], check=True)
    refused("is of another build", folder, folder)


@in_folder
def test_no_device(folder):
    """All there but a device: the module is opened, and says so."""
    if shutil.which("nvidia-smi") and not subprocess.run(["nvidia-smi"], capture_output=True, check=False).returncode:
        raise tap.Skip("this machine has a GPU")
    make_libraries(folder)
    refused("no driver|no device", folder)


@in_folder
def test_named(folder):
    """Named, it ends the command with 77 and the reason."""
    environment = {**os.environ, "LD_LIBRARY_PATH": str(folder), "LARSCALE_MODULES": str(folder)}
    said = subprocess.run([PROGRAM, "step", "--backend", "cudnn", "--size", "640"], capture_output=True, text=True,
                          env=environment, check=False, timeout=60)
    assert said.returncode == 77 and "there is no module" in said.stderr, (said.returncode, said.stderr)


def find_real(name):
    """Whether the loader finds the real library without being told where."""
    major = {"cudnn": CUDNN, "cublas": CUBLAS}[name]
    check = f"import ctypes; ctypes.CDLL('lib{name}.so.{major}')"
    environment = {k: v for k, v in os.environ.items() if k != "LD_LIBRARY_PATH"}
    return not subprocess.run([sys.executable, "-c", check], capture_output=True, env=environment, check=False).returncode


sys.exit(tap.run(tap.tests_of(globals())))
