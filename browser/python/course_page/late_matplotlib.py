"""matplotlib, loaded when something is drawn for the first time.

The chapters import it in their first cell, which nearly every other cell needs, but many of these
only compute. Loading and importing it would take a third of the time until their first number. So
`install` puts stand-ins for ``matplotlib`` and ``matplotlib.pyplot`` where Python looks for
imported modules. They keep settings (``rcParams.update``); any other use brings the real modules.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from importlib.abc import Loader, MetaPathFinder
from importlib.util import spec_from_loader
from types import ModuleType
from typing import Any

__all__ = ["install", "is_loaded"]

_NAMES = ("matplotlib", "matplotlib.pyplot")


def is_loaded() -> bool:
    """Whether the real ``matplotlib.pyplot`` has been imported."""
    module = sys.modules.get("matplotlib.pyplot")
    return module is not None and not isinstance(module, _StandIn)


def install(fetch: Callable[[], object]) -> None:
    """Put the stand-ins in place.

    Parameters
    ----------
    fetch : callable
        Puts matplotlib and what it needs where Python finds it.
    """
    loader = _Loader(fetch)
    package, pyplot = (_StandIn(name, loader) for name in _NAMES)
    vars(package)["pyplot"] = pyplot
    # A package has a path; the finder below looks for what is in it.
    vars(package)["__path__"] = []
    sys.meta_path.insert(0, _Finder(loader))
    for stand_in in (package, pyplot):
        vars(stand_in)["rcParams"] = loader.settings
        sys.modules[stand_in.__name__] = stand_in


class _Loader:
    """Brings the real modules, once."""

    def __init__(self, fetch: Callable[[], object]) -> None:
        self._fetch = fetch
        self.settings = _Settings(self)

    def real(self, name: str) -> ModuleType:
        """Return the real module of this name."""
        if isinstance(sys.modules.get("matplotlib"), _StandIn):
            self._load()
        return importlib.import_module(name)

    def _load(self) -> None:
        stand_ins = {name: sys.modules.pop(name) for name in _NAMES}
        try:
            self._fetch()
            importlib.invalidate_caches()
            rc_params = importlib.import_module("matplotlib").rcParams
            rc_params.update(self.settings.kept)
            importlib.import_module("matplotlib.pyplot")
        except BaseException:
            for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
                del sys.modules[name]
            sys.modules.update(stand_ins)
            raise
        # From now on they hold nothing of their own, and ask the real ones.
        for name in ("__path__", "pyplot"):
            del vars(stand_ins["matplotlib"])[name]
        for stand_in in stand_ins.values():
            del vars(stand_in)["rcParams"]


class _Finder(MetaPathFinder):
    """Brings the real package when one of its other modules is imported."""

    def __init__(self, loader: _Loader) -> None:
        self._loader = loader

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> Any:
        """Find a module of matplotlib as long as its package is a stand-in."""
        package = sys.modules.get("matplotlib")
        if not name.startswith("matplotlib.") or not isinstance(package, _StandIn):
            return None
        # Python is about to make the module, which the package may have imported meanwhile.
        return spec_from_loader(name, _Made(self._loader.real(name)))


class _Made(Loader):
    """Gives a module that is there already."""

    def __init__(self, module: ModuleType) -> None:
        self._module, self._spec = module, module.__spec__
        # A module that has one would be made anew from it.
        module.__spec__ = None

    def create_module(self, _spec: object) -> ModuleType:
        """Return the module."""
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        """Leave the module as it is."""
        module.__spec__ = self._spec


class _StandIn(ModuleType):
    """Looks like the module, and becomes it at the first use."""

    def __init__(self, name: str, loader: _Loader) -> None:
        super().__init__(name, "Stands in for the module until something is drawn.")
        vars(self)["_loader"] = loader

    def __getattr__(self, name: str) -> Any:
        return getattr(vars(self)["_loader"].real(self.__name__), name)

    def __dir__(self) -> list[str]:
        return dir(vars(self)["_loader"].real(self.__name__))


class _Settings:
    """Keeps what is set; asked for anything, it turns to the real settings."""

    def __init__(self, loader: _Loader) -> None:
        self._loader = loader
        self.kept: dict[str, Any] = {}

    def _real(self) -> Any:
        return self._loader.real("matplotlib").rcParams

    def update(self, *settings: Any, **more: Any) -> None:
        """Change settings, as ``dict.update`` does."""
        (self._real() if is_loaded() else self.kept).update(*settings, **more)

    def __setitem__(self, name: str, value: Any) -> None:
        self.update({name: value})

    def __getitem__(self, name: str) -> Any:
        return self._real()[name]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real(), name)
