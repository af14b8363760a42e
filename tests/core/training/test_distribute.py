"""What needs a process of its own, two devices against one, is in test_backends.py."""

import pytest

from core.errors import UserError
from core.training.distribute import use_all_devices


def test_distribution_on_another_backend_is_refused() -> None:
    with pytest.raises(UserError, match="on JAX only"):
        use_all_devices()
