"""One measurement per request, so that an outer program can take turns between several peers.

A program first prints {"ready": true, "peer": .., ..}. With --interactive, each line that it reads
is answered by {"peer": .., "seconds": [one], "peak_memory_bytes": ..}; it ends at the end of its
input. Without, it prints one such line with all repetitions.
"""
import json
import resource
import sys


def add_options(parser):
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--warm-up", type=int, default=1, help="repetitions before that, not timed")
    parser.add_argument("--interactive", action="store_true",
                        help="answer each line of the standard input with one repetition")


def peak_memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def say(**facts):
    print(json.dumps(facts), flush=True)


def report(peer, answers):
    say(peer=peer, **{key: [answer[key] for answer in answers] for key in answers[0]},
        peak_memory_bytes=peak_memory())


def serve(options, peer, measure, **facts):
    """measure() returns seconds, or a dictionary that has them and more."""
    def measured():
        answer = measure()
        return answer if isinstance(answer, dict) else {"seconds": answer}

    for _ in range(options.warm_up):
        measured()
    say(ready=True, peer=peer, **facts)
    if options.interactive:
        for _ in sys.stdin:
            report(peer, [measured()])
    else:
        report(peer, [measured() for _ in range(options.repetitions)])
