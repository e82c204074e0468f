"""What the scripts of this folder share. They run under an interpreter that has a peer, and nothing of ours: a script is
given a file of cases, a server and a model, and prints one JSON object a case."""

import json
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

Rank = Callable[[str, list[str]], Sequence[int]]


class TooSlow(BaseException):
    """A case took longer than it may. No `Exception`: a peer that tries again after every exception must not catch it."""


def main(make: Callable[[str, str], Rank]) -> None:
    """Rank each case with what `make(url, model)` gives: the places of the documents, best first."""
    file, url, model, limit = sys.argv[1:]
    signal.signal(signal.SIGALRM, _too_slow)
    rank = make(url, model)
    for case in json.loads(Path(file).read_text(encoding="utf-8")):
        started, found = time.perf_counter(), dict[str, object]()
        signal.setitimer(signal.ITIMER_REAL, float(limit))
        try:
            found = {"order": [int(place) for place in rank(case["query"], case["documents"])]}
        except TooSlow:
            found = {"failure": f"took more than {limit} s"}
        except Exception as error:  # noqa: BLE001 - whatever a peer raises is its answer
            found = {"failure": f"{type(error).__name__}: {error}"[:300]}
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        print("\n" + json.dumps({**found, "seconds": time.perf_counter() - started}), flush=True)


def _too_slow(_: int, __: FrameType | None) -> None:
    raise TooSlow
