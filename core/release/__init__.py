"""From a model's weights to what the app serves: export, calibration, and the OOD detector."""
