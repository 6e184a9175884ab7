"""An IPython shell whose cells give the outputs that they give in Jupyter."""

from __future__ import annotations

import asyncio
import builtins
import contextlib
import getpass
import signal
import sys
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell, InteractiveShellABC
from traitlets import Type
from traitlets.config import Config

from .capture import Collector

# Bound now, so that a notebook that replaces functions of this module does not stop the runner.
_signal, _interrupt = signal.signal, signal.default_int_handler


def _ignore(*_: Any) -> None:
    """Ignore an interrupt that comes too late; programs that a cell starts do not inherit this."""


class _Publisher(DisplayPublisher):
    def publish(  # type: ignore[override]
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        *,
        transient: dict[str, Any] | None = None,
        update: bool = False,
        **_: Any,
    ) -> None:
        _flush()
        display_id = (transient or {}).get("display_id")
        _collector_of(self).display(data, metadata, display_id, update)

    def clear_output(self, wait: bool = False) -> None:
        _flush()
        _collector_of(self).clear(wait)


class _Hook(DisplayHook):
    def write_output_prompt(self) -> None:
        """Write no prompt: the count is part of the output."""

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        _flush()
        _collector_of(self).result(self.prompt_count, format_dict, md_dict)

    def finish_displayhook(self) -> None:
        """Write no end of a line."""


class StdinNotImplementedError(RuntimeError):
    """Nobody is there to type; Jupyter's error has the same name."""


def _refuse_input(*_: Any, **__: Any) -> str:
    raise StdinNotImplementedError(
        "input() was called, but nobody is there to answer when a notebook is graded."
    )


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # the notebook may have replaced them
            stream.flush()


def _collector_of(part: Any) -> Collector:
    collector: Collector = part.shell.collector
    return collector


class Shell(InteractiveShell):
    """Runs the cells of one notebook."""

    display_pub_class = Type(_Publisher)
    displayhook_class = Type(_Hook)
    collector: Collector

    @classmethod
    def make(cls) -> Shell:
        """Return the one shell of this process; it wants a collector before its first cell."""
        settings = Config()
        settings.HistoryManager.enabled = False
        settings.HistoryManager.hist_file = ":memory:"
        shell: Shell = cls.instance(config=settings, user_module=None)
        builtins.input = getpass.getpass = _refuse_input
        return shell

    def ask_exit(self) -> None:
        """Be called by ``exit()``."""
        raise SystemExit("exit() was called")

    def enable_gui(self, gui: str | None = None) -> None:
        """Do nothing: there is no window."""

    def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
        _flush()
        try:
            value = str(evalue)
        except Exception:
            value = "(its message can't be shown)"
        name = str(etype.__name__)
        if isinstance(evalue, asyncio.CancelledError):  # how an interrupt reaches an `await`
            name = "KeyboardInterrupt"
        self.collector.error(name, value, [str(line) for line in stb])


InteractiveShellABC.register(Shell)


class Cells:
    """Runs cells in an event loop that lasts from the first cell to the last, as in Jupyter."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        _signal(signal.SIGINT, _ignore)

    def run(self, source: str) -> int:
        """Run a cell, whatever happens in it, and return its number."""
        count = self._shell.execution_count
        try:
            _signal(signal.SIGINT, _interrupt)
            task = self._loop.create_task(self._cell(source))
            # If the interrupt comes while the cell waits for something, the loop ends with it.
            with contextlib.suppress(KeyboardInterrupt):
                self._loop.run_until_complete(task)
            if not task.done():
                task.cancel()
                self._loop.run_until_complete(asyncio.wait([task]))
        except KeyboardInterrupt:  # came at the very end
            self._shell.collector.error("KeyboardInterrupt", "", ["KeyboardInterrupt"])
        except BaseException as error:  # the learner's doing: IPython itself or the loop is broken
            self._shell.collector.error(type(error).__name__, str(error), [])
        finally:
            _signal(signal.SIGINT, _ignore)
        return count

    async def _cell(self, source: str) -> None:
        shell, problem = self._shell, None
        try:
            transformed = shell.transform_cell(source)
        except Exception:
            transformed, problem = source, sys.exc_info()
        try:
            await shell.run_cell_async(
                source,
                store_history=True,
                transformed_cell=transformed,
                preprocessing_exc_tuple=problem,
            )
        finally:
            shell.events.trigger("post_execute")
            shell.events.trigger("post_run_cell", shell.last_execution_result)
