"""A thread in which torch computes alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor


def single_thread() -> ThreadPoolExecutor:
    """One worker in which torch uses one core: right for a query, whose two halves wait for each other.

    Beside a busy neighbour a query on two OpenMP threads took a hundred times as long as on one.
    """
    import torch

    def alone() -> None:
        torch.get_num_threads()  # lets torch begin in this thread, which would undo the next line if it came later
        torch.set_num_threads(1)

    before = torch.get_num_threads()
    worker = ThreadPoolExecutor(1, thread_name_prefix="tastemaker-query")
    worker.submit(alone).result()
    torch.set_num_threads(before)  # it is also what threads to come begin with
    return worker
