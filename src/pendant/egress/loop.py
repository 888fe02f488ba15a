"""One event loop on one thread of its own. Everything asynchronous in the product happens there."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_CLOSE_SECONDS = 10.0


class LoopClosedError(RuntimeError):
    def __init__(self) -> None:
        super().__init__("the way out is closed")


class LoopThread:
    """Started by the first use; does its `chore` now and then. After `close` nothing runs on it any more, and
    asking it to raises LoopClosedError.
    """

    def __init__(self, *, chore: Callable[[], None], every_seconds: float) -> None:
        self._chore = chore
        self._every_seconds = every_seconds
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._last: Callable[[], Coroutine[Any, Any, None]] | None = None
        self._closed = False

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` on the loop and wait for what it returns or raises."""
        with self._lock:
            future = asyncio.run_coroutine_threadsafe(work, self._started())
        return future.result()

    def start(self, callback: Callable[[], object]) -> None:
        """Call back on the loop thread, in order."""
        # Under the lock, so that whatever was started is seen, and ended, by `close`.
        with self._lock:
            self._started().call_soon_threadsafe(callback)

    def tell(self, callback: Callable[[], object]) -> None:
        """Call back on the loop thread if it still runs: news that nobody needs afterwards."""
        with self._lock:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(callback)

    def _started(self) -> asyncio.AbstractEventLoop:
        if self._closed:
            raise LoopClosedError
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._serve, args=(self._loop,), name="egress", daemon=True)
            self._thread.start()
        return self._loop

    def close(self, last: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """End every task, run `last` if the loop ever ran, and end the thread."""
        with self._lock:
            self._closed = True
            self._last = last
            loop, self._loop = self._loop, None
            thread, self._thread = self._thread, None
            if loop is not None:
                loop.call_soon_threadsafe(loop.stop)
        if thread is not None:
            thread.join(_CLOSE_SECONDS)

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        self._do_chore(loop)
        try:
            loop.run_forever()
            loop.run_until_complete(_end_tasks())
            if self._last is not None:
                loop.run_until_complete(self._last())
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
        finally:
            loop.close()

    def _do_chore(self, loop: asyncio.AbstractEventLoop) -> None:
        self._chore()
        loop.call_later(self._every_seconds, self._do_chore, loop)


async def _end_tasks() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
