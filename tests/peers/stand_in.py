#!/usr/bin/env python3
"""Stands in for larscale and for the peers' Python: answers as they do, with times from a file.

The file named by STAND_IN holds JSON: for each contestant ("tensorflow", "step onednn rewritten",
"load", "python", ..) what its measurements answer: seconds, or {"exit": code, "say": text}.
Every start of larscale takes the next answer; peers take theirs one by one. STAND_IN_LOG collects
the order of the turns.
"""
import json
import os
import sys


def next_answer(name):
    path = os.environ["STAND_IN"]
    with open(path, encoding="utf-8") as file:
        answers = json.load(file)
    answer = answers[name].pop(0)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(answers, file)
    with open(os.environ["STAND_IN_LOG"], "a", encoding="utf-8") as file:
        file.write(f"{name}\t{sorted(os.sched_getaffinity(0))}\t{' '.join(sys.argv[1:])}\n")
    if isinstance(answer, dict):
        print(answer["say"], file=sys.stderr)
        sys.exit(answer["exit"])
    return answer


def peer(name):
    print(json.dumps({"ready": True, "peer": name, "version": "stand-in"}), flush=True)
    for _ in sys.stdin:
        print(json.dumps({"peer": name, "seconds": [next_answer(name)],
                          "peak_memory_bytes": 2_000_000_000}), flush=True)


def suite(arguments):
    words = {key: arguments[arguments.index(key) + 1] for key in ["--backend", "--variant"]
             if key in arguments}
    name = " ".join([arguments[0], *words.values()])
    entry = {"name": name.replace(" ", "/"), "run_type": "iteration", "time_unit": "ms",
             "real_time": next_answer(name) * 1e3, "peak_memory_bytes": 1_000_000_000.0}
    mean = entry | {"run_type": "aggregate", "real_time": 1e9}
    print(json.dumps({"context": {"num_cpus": 2}, "benchmarks": [entry, mean]}))


if __name__ == "__main__":
    if sys.argv[1] in ("step", "load"):
        suite(sys.argv[1:])
    elif sys.argv[1].endswith("time_step.py"):
        peer(sys.argv[2])
    elif sys.argv[1].endswith("time_load.py"):
        peer("python")
    else:
        open(sys.argv[2], "w", encoding="utf-8").close()  # make_batch.py, network.py
