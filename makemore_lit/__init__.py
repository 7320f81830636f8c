__version__ = "0.1.0"
import importlib, pkgutil

__all__ = [m.name for m in pkgutil.iter_modules(__path__) if m.name[0] != '_']

def __getattr__(name):
    "A module of the book, imported when it is first asked for"
    if name in __all__: return importlib.import_module(f'{__name__}.{name}')
    raise AttributeError(f"module {__name__!r} has no {name!r}; its modules are {', '.join(__all__)}")
