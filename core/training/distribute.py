"""Data parallelism by Keras' own engine."""

from core.errors import UserError


def use_all_devices() -> int:
    """Share every batch of the networks built from now on among all devices, of all hosts if there are several.

    Keras distributes on the JAX backend only. Hosts are joined by the variables that keras.distribution.initialize
    reads (KERAS_DISTRIBUTION_JOB_ADDRESSES, KERAS_DISTRIBUTION_NUM_PROCESSES, KERAS_DISTRIBUTION_PROCESS_ID).

    Returns:
        Number of devices.

    Raises:
        UserError: Another backend is in use.
    """
    import os

    import keras

    if keras.backend.backend() != "jax":
        raise UserError("Keras shares batches among devices on JAX only; `pip install jax` and set KERAS_BACKEND=jax.")
    if "KERAS_DISTRIBUTION_JOB_ADDRESSES" in os.environ:
        keras.distribution.initialize()
    devices = keras.distribution.list_devices()
    keras.distribution.set_distribution(keras.distribution.DataParallel(devices=devices))
    return len(devices)
