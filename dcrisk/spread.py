"""Who does the work: the threads of this process, or a dask cluster. What comes back is in the order of the tasks.

A task is a function with its arguments. What is large is kept once by each worker (``keep``) and named by the tasks. A
task that is lost with its worker is done again elsewhere; as each result depends on its task alone, nothing changes.
"""

from __future__ import annotations

import hashlib
import math
import pickle
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from itertools import islice, takewhile
from typing import Any, Protocol, TypeVar

from dcrisk.sampling import available_threads
from dcrisk.specification import SpecificationError
from dcrisk.version import __version__

R = TypeVar("R")
THREADS_AHEAD = 512
"""Tasks of this process that wait for a thread, or for their turn to be read."""
SECONDS_OF_A_BUNDLE, SECONDS_FOR_EACH_THREAD = 0.5, 0.01
"""Tasks are sent to a cluster in bundles: long enough to hide what each costs the client and the scheduler, a few
milliseconds, and the longer, the more threads these two have to keep busy."""
BUNDLES_AHEAD = 3
"""Of each thread of the cluster: one in work, and what it does next."""
UNREAD = 64
"""Of each thread: bundles that may wait until one before them, lost with its worker, has been done again."""
PATIENCE = 0.5
"""Seconds without news after which somebody is asked whether to go on."""


class Parcel:
    """A thing as bytes. Who opens it several times in one process gets the same thing again.

    Arrays come out of it as they went in. Sent as they are, dask would make them read-only, and the kernel would have
    to be compiled anew for those.
    """

    def __init__(self, content: bytes) -> None:
        self._content, self.version = content, __version__
        self.digest = hashlib.sha256(content).hexdigest()

    @classmethod
    def of(cls, thing: Any) -> Parcel:
        """Pack a thing."""
        import cloudpickle  # part of dask

        return cls(cloudpickle.dumps(thing))

    def open(self) -> Any:
        """Return what is inside."""
        return _opened(self)

    def unpack(self) -> Any:
        """Return what is inside, anew."""
        if self.version != __version__:
            raise RuntimeError(f"this worker has dcrisk {__version__}, and what it is to do comes from {self.version}")
        return pickle.loads(self._content)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Parcel) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)


@lru_cache(maxsize=128)
def _opened(parcel: Parcel) -> Any:
    return parcel.unpack()


class Hands(Protocol):
    """Who does the work."""

    def keep(self, thing: Any) -> Any:
        """Something that stands for a large thing in the arguments of tasks."""

    def map(
        self, function: Callable[..., R], tasks: Iterable[tuple[Any, ...]], give_up: Callable[[], bool] | None = None
    ) -> Generator[R, None, None]:
        """What the function returns for each task, in order; closing it leaves the rest undone.

        Where nothing comes back for a while, ``give_up`` says whether to end.
        """


class Threads:
    """The threads of this process."""

    def __init__(self, threads: int) -> None:
        self._threads = threads

    def keep(self, thing: Any) -> Any:
        return thing

    def map(
        self, function: Callable[..., R], tasks: Iterable[tuple[Any, ...]], give_up: Callable[[], bool] | None = None
    ) -> Generator[R, None, None]:
        with ThreadPoolExecutor(self._threads) as pool:
            waiting: deque[Future[R]] = deque()
            try:
                for task in tasks:
                    waiting.append(pool.submit(function, *task))
                    if len(waiting) >= THREADS_AHEAD:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()


class Cluster:
    """The workers of a dask cluster, each task on one of their threads."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._bundle = 1
        self._threads, self._asked = 1, -math.inf

    def keep(self, thing: Any) -> Any:
        # the result of a task, not scattered data: what is lost with a worker is there again when it is needed
        parcel = Parcel.of(thing)
        return self._client.submit(keep, parcel, key=f"dcrisk-{parcel.digest}")

    def map(
        self, function: Callable[..., R], tasks: Iterable[tuple[Any, ...]], give_up: Callable[[], bool] | None = None
    ) -> Generator[R, None, None]:
        from distributed import wait

        left = iter(tasks)
        waiting: deque[Any] = deque()
        seen = False
        try:
            while True:
                waiting.extend(self._send(function, left, waiting))
                if not waiting:
                    return
                try:
                    with self._client.as_current():
                        wait(waiting[0], timeout=PATIENCE)
                except TimeoutError:
                    some = seen or not self._client.nthreads()  # the first are waited for, if there is any worker
                    if some and give_up is not None and give_up():
                        return
                    continue
                seen = True
                ready = list(takewhile(lambda future: future.done(), waiting))
                for seconds, found in self._client.gather(ready):
                    waiting.popleft()
                    self._adapt(len(found), seconds)
                    yield from found
        finally:
            self._client.cancel(list(waiting))

    def _send(self, function: Callable[..., R], left: Iterator[Any], waiting: deque[Any]) -> list[Any]:
        """Bundles for all who will soon have nothing to do."""
        threads = self._count()
        room = BUNDLES_AHEAD * threads - sum(not future.done() for future in waiting)
        if room <= 0 or len(waiting) > UNREAD * threads:
            return []
        some = [list(task) for task in islice(left, room * self._bundle)]
        size = max(1, math.ceil(len(some) / room))  # the last ones are shared out
        return [
            self._client.submit(_several, function, some[first : first + size], pure=False)
            for first in range(0, len(some), size)
        ]

    def _adapt(self, tasks: int, seconds: float) -> None:
        aim = max(SECONDS_OF_A_BUNDLE, SECONDS_FOR_EACH_THREAD * self._threads)
        if seconds < aim / 2 and tasks == self._bundle:
            self._bundle *= 2
        elif seconds > 2 * aim and tasks <= self._bundle:
            self._bundle = max(1, self._bundle // 2)

    def _count(self) -> int:
        """Threads of all workers; these come and go."""
        if time.monotonic() - self._asked > 2.0:
            self._threads = max(1, sum(self._client.nthreads().values()))
            self._asked = time.monotonic()
        return self._threads


def keep(parcel: Parcel) -> Parcel:
    """The task that puts a parcel on a worker."""
    return parcel


def _several(function: Callable[..., R], tasks: list[list[Any]]) -> tuple[float, list[R]]:
    """What some tasks bring, and how long they took."""
    began = time.perf_counter()
    found = [function(*(x.open() if isinstance(x, Parcel) else x for x in task)) for task in tasks]
    return time.perf_counter() - began, found


def hands_for(client: Any, threads: int | None) -> Hands:
    """The cluster of a client; without one, so many threads, or one for each core available."""
    if client is None:
        return Threads(threads or available_threads())
    if threads is not None:
        raise SpecificationError(f"threads = {threads}: with client=, the workers have threads of their own")
    try:
        import distributed
    except ImportError as error:
        raise ImportError("client= needs dask.distributed: pip install 'dcrisk[dask]'") from error
    if not isinstance(client, distributed.Client) or client.asynchronous:
        raise SpecificationError(
            f"client = {client!r}: it must be a dask.distributed.Client that is not asynchronous, such as Client(cluster)"
        )
    return Cluster(client)
