"""Where tasks are carried out: in this process, or in many by dask.distributed."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, Protocol

from threadpoolctl import threadpool_limits

from dlgrader.batch.task import Graded, Task, grade, ungraded
from dlgrader.course import GradingError
from dlgrader.early_workers import interrupts_ignored, prepare_workers

_AHEAD = 2
"""Tasks that wait at each worker, so that none idles; more would only take memory."""

_WORKER_MEMORY = 3 * 2**30
_DEATHS = 2
_START_SECONDS = 60


class Runner(Protocol):
    """Carries out tasks."""

    def run(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Graded]]:
        """Yield each task with its outcome, in any order; tasks are taken as they are needed."""


class InProcess:
    """Carries out one task after the other in this process."""

    def run(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Graded]]:
        """See `Runner`."""
        # The judge's matrices are small; threads would only wait for each other.
        with threadpool_limits(1):
            for task in tasks:
                yield task, grade(task)


class Distributed:
    """Carries out tasks by the workers of a dask scheduler; see `distributed_runner`."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def run(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Graded]]:
        """See `Runner`; a task whose worker dies again and again ends as failed."""
        from distributed import as_completed

        waiting = iter(tasks)
        running: dict[str, Task] = {}

        def more(count: int) -> list[Any]:
            futures = []
            for task in islice(waiting, count):
                future = self._client.submit(grade, task, pure=False)
                running[future.key] = task
                futures.append(future)
            return futures

        completed = as_completed(more(self._places()), loop=self._client.loop)
        for future in completed:
            task = running.pop(future.key)
            outcome = _outcome(task, future)
            future.release()
            # Workers may have come or gone.
            for new in more(max(1, self._places() - len(running))):
                completed.add(new)
            yield task, outcome

    def _places(self) -> int:
        threads = self._client.nthreads().values()
        return max(1, sum(threads)) * (1 + _AHEAD)


def _outcome(task: Task, future: Any) -> Graded:
    error = future.exception()
    if error is None:
        graded: Graded = future.result()
        return graded
    if type(error).__name__ == "KilledWorker":
        return ungraded(task, f"the process that graded it ended {_DEATHS + 1} times")
    return ungraded(task, f"the worker failed: {type(error).__name__}: {error}")


@contextmanager
def distributed_runner(jobs: int, scheduler: str | None = None) -> Iterator[Distributed]:
    """Connect to a scheduler, or start `jobs` worker processes on this machine.

    Raises
    ------
    GradingError
        If the scheduler does not answer, or has no workers.
    """
    import dask
    from distributed import Client, LocalCluster, WorkerPlugin
    from distributed.utils import get_mp_context

    class OneThread(WorkerPlugin):
        """As for `InProcess`; it holds for workers that come later, too."""

        name = "one-thread"

        def setup(self, worker: Any) -> None:  # noqa: ARG002 (dask's)
            threadpool_limits(1)

    settings = {
        "distributed.scheduler.allowed-failures": _DEATHS,
        "distributed.comm.timeouts.connect": "15s",
        # It would stop the judge a hundred times a second.
        "distributed.worker.profile.enabled": False,
        "distributed.admin.large-graph-warning-threshold": "1GB",  # a notebook may have 20 MiB
        # Each message, notebooks included, would be kept until a thousand others have followed it.
        "distributed.admin.low-level-log-length": 10,
        "distributed.admin.tick.limit": "30s",
        # Each server would look at its clock fifty times a second, and there are some in each run.
        "distributed.admin.tick.interval": "1s",
        # Split off from one process that has imported everything, instead of importing it each.
        "distributed.worker.multiprocessing-method": "forkserver",
    }
    for name in ("distributed", "distributed.worker", "distributed.scheduler", "distributed.nanny"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with contextlib.ExitStack() as stack:
        stack.enter_context(dask.config.set(settings))
        try:
            if scheduler is None:
                get_mp_context()  # once: it would set other modules to be imported for workers
                prepare_workers()
                with interrupts_ignored():
                    cluster = LocalCluster(
                        n_workers=jobs,
                        threads_per_worker=1,
                        processes=True,
                        memory_limit=_WORKER_MEMORY,
                        # Whoever could connect could run code as the instructor.
                        security=True,
                        host="127.0.0.1",
                        dashboard_address="127.0.0.1:0",
                        silence_logs=logging.ERROR,
                    )
                stack.enter_context(cluster)
                client = Client(cluster, set_as_default=False)
            else:
                client = Client(scheduler, set_as_default=False)
            stack.enter_context(client)
            client.wait_for_workers(1, timeout=_START_SECONDS)
            client.register_plugin(OneThread())
        except Exception as error:  # whatever dask says of a process that did not start
            raise GradingError(_no_workers(scheduler, error)) from None
        yield Distributed(client)


def _no_workers(scheduler: str | None, error: Exception) -> str:
    said = f"{type(error).__name__}: {error}".splitlines()[0]
    if scheduler is None:
        return (
            f"the worker processes did not start ({said}). Run the command again; with --jobs 1 it "
            "does without them."
        )
    return (
        f"no worker of the scheduler {scheduler} answers ({said}). Start it with `dask scheduler`, "
        "and on each machine `dask worker ADDRESS --nthreads 1`."
    )
