"""One reading for `bench load`, a process of its own: FILE by polars, or with a second argument the data set in FORMAT by ours.

Prints the seconds, the peak of resident memory in MiB, and the number of rows, as JSON. Imports are not timed.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import polars

path, *formats = sys.argv[1:]
found: Any
if formats:
    from tastemaker.retrieval.datasets import open_dataset

    started = time.perf_counter()
    found = open_dataset(path, Path(path), format=formats[0]).columns()
else:
    started = time.perf_counter()
    found = polars.read_csv(path)
seconds = time.perf_counter() - started
try:
    # Unlike getrusage, this doesn't count the process that started this one.
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
except OSError:
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
print(json.dumps({"s": seconds, "mib": peak, "rows": len(found)}))
