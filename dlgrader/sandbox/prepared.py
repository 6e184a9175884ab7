"""The back end whose runners are split off from a process in which everything is imported."""

from __future__ import annotations

import atexit
import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dlgrader.sandbox import interpreter
from dlgrader.sandbox.backend import Process, SandboxError
from dlgrader.sandbox.bubblewrap import Bubblewrap
from dlgrader.sandbox.limits import Limits
from dlgrader.sandbox.template import Split, Template, TemplateError

_MOST_TEMPLATES = 2
_EMPTIED = (Path("/tmp"), Path("/dev/shm"))

log = logging.getLogger(__name__)


class Prepared(Bubblewrap):
    """Starts runners as `Bubblewrap` does, and as confined, but in a fraction of the time.

    The templates belong to this Python process, not to this object: at most two, that were used
    last, for whatever combinations of packages, environment, modules and hidden folders. Each
    serves one notebook at a time. Where that does not work, such as in a container that forbids
    namespaces within namespaces, each runner is started by itself.
    """

    def start(
        self,
        module: str,
        arguments: Sequence[str],
        *,
        fds: Sequence[int],
        packages: Mapping[str, Path],
        environment: Mapping[str, str],
        limits: Limits,
        preload: Sequence[str] = (),
    ) -> Process:
        """Start a runner; see `Backend`.

        Beside `module` there must be a module `template` that splits off what `module` would be,
        and the runner's connection must be the first of `fds`.
        """
        problem = self.problem()
        if problem:
            raise SandboxError(problem)

        def make() -> Template:
            return Template(
                lambda settings, user: self.view(
                    settings, user, packages, environment, limits.disk_bytes
                ),
                f"{module.rpartition('.')[0]}.template",
                preload,
                [path for path in self.mounted() if interpreter.below(path, _EMPTIED)],
                limits.start_seconds,
            )

        key = (
            tuple((name, *_mark(path)) for name, path in sorted(packages.items())),
            tuple(sorted(environment.items())),
            tuple(preload),
            self.hide,
        )
        split = _templates.split(key, make, fds[0], limits.disk_bytes)
        return split or super().start(
            module,
            arguments,
            fds=fds,
            packages=packages,
            environment=environment,
            limits=limits,
            preload=preload,
        )


def _mark(path: Path) -> tuple[object, ...]:
    """Return what differs when another folder or file stands at a path."""
    about = path.stat()
    return str(path), about.st_dev, about.st_ino, about.st_mtime_ns


class Templates:
    """The templates of this process, the one used last at the end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._templates: list[tuple[Any, Template]] = []
        self._refused: set[Any] = set()

    def split(
        self, key: Any, make: Callable[[], Template], line: int, disk_bytes: int
    ) -> Split | None:
        """Split off a runner from a template of that key; None if there is to be none.

        Parameters
        ----------
        key : hashable
            Templates of the same key are as good as each other.
        make : callable
            Makes a template.
        line, disk_bytes
            See `Template.split`.
        """
        with self._lock:
            # The second time, the template is a new one.
            for _ in range(2):
                if key in self._refused:
                    return None
                template, is_new = self._idle(key), False
                if template is None:
                    if not self._make_room():
                        return None
                    template, is_new = self._made(key, make), True
                if template is None:
                    return None
                try:
                    return template.split(line, disk_bytes)
                except TemplateError as error:
                    self._drop_broken()
                    if is_new:
                        self._refuse(key, error)
            return None

    def close(self) -> None:
        """End all templates."""
        with self._lock:
            for _, template in self._templates:
                template.close()
            self._templates.clear()

    def forget(self) -> None:
        """Let go of all templates, in a process that was split off from the one they belong to."""
        for _, template in self._templates:
            template.forget()
        self.__init__()  # type: ignore[misc]  # the lock may be held by a thread that is not here

    def _idle(self, key: Any) -> Template | None:
        self._drop_broken()
        for pair in self._templates:
            if pair[0] == key and not pair[1].busy:
                self._templates.remove(pair)
                self._templates.append(pair)
                return pair[1]
        return None

    def _drop_broken(self) -> None:
        self._templates = [pair for pair in self._templates if not pair[1].broken]

    def _make_room(self) -> bool:
        """Whether there is room for another template, after ending one that nobody uses."""
        idle = [pair for pair in self._templates if not pair[1].busy]
        if len(self._templates) >= _MOST_TEMPLATES and idle:
            idle[0][1].close()
            self._templates.remove(idle[0])
        return len(self._templates) < _MOST_TEMPLATES

    def _made(self, key: Any, make: Callable[[], Template]) -> Template | None:
        try:
            template = make()
        except TemplateError as error:
            self._refuse(key, error)
            return None
        self._templates.append((key, template))
        return template

    def _refuse(self, key: Any, error: TemplateError) -> None:
        log.warning(
            "No sandbox can be prepared; each notebook starts one, which takes longer. Why: %s",
            error,
        )
        self._refused.add(key)


_templates = Templates()
atexit.register(_templates.close)
os.register_at_fork(after_in_child=_templates.forget)
