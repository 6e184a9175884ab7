"""As many threads as BLAS would use, for work that NumPy alone would do in one.

BLAS splits one matrix product among its threads; copies and sums between the products stay in one.
Where the work consists of many independent parts, it is faster the other way round: each thread
does whole parts, with BLAS limited to one thread meanwhile. It has to stay limited between such
work too: after a product BLAS's own threads wait for the next one actively, and take the time of
those that have something to do.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from threading import Lock, local
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

Item = TypeVar("Item")
Result = TypeVar("Result")


def share_out(work: Callable[[Sequence[Item]], Result], items: Sequence[Item]) -> list[Result]:
    """Results of ``work(share)`` for shares of the items, one share for each thread.

    Share k of n is ``items[k::n]``. How many there are depends on the numbers of items and threads
    alone, so results added up in the order of the list are the same in every run. Work that is
    itself part of a share is not shared out again.

    >>> share_out(sum, [5])
    [5]
    """
    with one_blas_thread() as threads:
        count = min(threads, len(items))
        if count < 2 or _this_thread.has_a_share:
            return [work(items)]

        def do(share: int) -> Result:
            _this_thread.has_a_share = True
            try:
                return work(items[share::count])
            finally:
                _this_thread.has_a_share = False

        futures = [_pool().submit(do, share) for share in range(1, count)]
        return [do(0), *(future.result() for future in futures)]


class _ThisThread(local):
    """Whether the thread is at work on a share."""

    has_a_share = False


_this_thread = _ThisThread()


@cache
def _blas() -> Any:
    """Handle of threadpoolctl on the BLAS library that NumPy has loaded."""
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:  # the work is done in one thread then
        return None
    return ThreadpoolController().select(user_api="blas")


@cache
def _pool() -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor  # here: it takes as long as all of dlcore

    return ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="dlcore")


if hasattr(os, "register_at_fork"):  # a forked process has the pool, but not its threads
    os.register_at_fork(after_in_child=_pool.cache_clear)


class _Limit:
    """BLAS limited to one thread for as long as anyone is inside ``one_blas_thread``."""

    lock = Lock()
    users = 0
    threads = 1
    context: Any = None


@contextmanager
def one_blas_thread() -> Iterator[int]:
    """Limit BLAS to one thread; the value is the number of threads that it would have used."""
    blas = _blas()
    if blas is None or not blas.lib_controllers:
        yield 1
        return
    with _Limit.lock:
        if _Limit.users == 0:
            _Limit.threads = min(library.num_threads for library in blas.lib_controllers)
            _Limit.context = blas.limit(limits=1)
        _Limit.users += 1
    try:
        yield _Limit.threads
    finally:
        with _Limit.lock:
            _Limit.users -= 1
            if _Limit.users == 0:
                _Limit.context.restore_original_limits()
