"""Import imbalanced-learn without the checks that only developers of estimators need."""

import importlib
import sys
from threading import Lock
from types import ModuleType

LEFT_OUT = {
    "sklearn.utils._test_common.instance_generator": ("_construct_instances",),
    "sklearn.utils.estimator_checks": ("check_estimator", "parametrize_with_checks"),
}
"""Modules that sklearn-compat, which imbalanced-learn brings, imports for these names and never uses. They import every
estimator of scikit-learn and pytest: 11 MB and a third of the time."""
_importing = Lock()


def import_imblearn() -> None:
    """Import imbalanced-learn; what is left out can still be imported by others afterwards.

    Example:
        >>> import_imblearn()
        >>> "imblearn" in sys.modules
        True
    """
    with _importing:
        if "imblearn" in sys.modules:
            return
        empty = {name: ModuleType(name) for name in LEFT_OUT if name not in sys.modules}
        for name, module in empty.items():
            vars(module).update(dict.fromkeys(LEFT_OUT[name]))
        sys.modules.update(empty)
        try:
            importlib.import_module("imblearn")
        finally:
            for name in empty:
                sys.modules.pop(name, None)
