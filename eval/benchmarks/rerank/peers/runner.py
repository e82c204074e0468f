"""What the scripts of this folder share. They run under an interpreter that has a peer, and nothing of ours: a script is
given a file of cases, a server, a model and a limit in seconds, and prints one JSON object a case."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

Rank = Callable[[str, list[str]], Sequence[int]]


def main(make: Callable[[str, str], Rank]) -> None:
    """Rank each case with what `make(url, model)` gives: the places of the documents, best first."""
    script, file, url, model, limit, *begin = sys.argv
    cases = json.loads(Path(file).read_text(encoding="utf-8"))
    number, started = int(begin[0]) if begin else 0, 0.0

    def say(**found: object) -> None:
        print("\n" + json.dumps({**found, "seconds": time.perf_counter() - started}), flush=True)

    def too_slow(_: int, __: FrameType | None) -> None:
        # An exception would not do: some try again after any, some wait for a thread that waits for the server.
        say(failure=f"took more than {limit} s")
        os.execv(sys.executable, [sys.executable, script, file, url, model, limit, str(number + 1)])

    signal.signal(signal.SIGALRM, too_slow)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})  # what a handler blocks, a new program inherits
    rank = make(url, model)
    while number < len(cases):
        case, started = cases[number], time.perf_counter()
        signal.setitimer(signal.ITIMER_REAL, float(limit))
        try:
            found: dict[str, object] = {"order": [int(place) for place in rank(case["query"], case["documents"])]}
        except Exception as error:  # noqa: BLE001 - whatever a peer raises is its answer
            found = {"failure": f"{type(error).__name__}: {error}"[:300]}
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        say(**found)
        number += 1
