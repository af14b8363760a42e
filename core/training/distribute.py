"""Data parallelism with Keras."""

from core.errors import UserError


def use_all_devices() -> int:
    """Split each batch over all devices of all hosts, for networks built after this call.

    Keras supports this on the JAX backend only. To use several hosts, set the variables of
    keras.distribution.initialize (KERAS_DISTRIBUTION_JOB_ADDRESSES, KERAS_DISTRIBUTION_NUM_PROCESSES,
    KERAS_DISTRIBUTION_PROCESS_ID).

    Returns:
        Number of devices.

    Raises:
        UserError: The backend isn't JAX.
    """
    import os

    import keras

    if keras.backend.backend() != "jax":
        raise UserError(
            "Keras splits batches over devices on JAX only; run `pip install jax` and set KERAS_BACKEND=jax."
        )
    if "KERAS_DISTRIBUTION_JOB_ADDRESSES" in os.environ:
        keras.distribution.initialize()
    devices = keras.distribution.list_devices()
    keras.distribution.set_distribution(keras.distribution.DataParallel(devices=devices))
    return len(devices)
