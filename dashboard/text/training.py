"""How a model learned, in words."""

import pandas as pd

from dashboard.text.format import count, first_row

CURVES_INTRO = (
    "An epoch is one pass over all training images. The loss measures how wrong the probabilities are; lower is "
    "better. If it rises on validation images while it falls on training images, the network learns its training "
    "images by heart."
)


def loss_sentence(history: pd.DataFrame) -> str:
    """Say at which epoch the validation loss was lowest, and how the training loss went.

    Args:
        history: A model's training history, one row per epoch.
    """
    if not {"loss", "val_loss"} <= set(history.columns) or history["val_loss"].isna().all():
        return f"{count(len(history), 'epochs')} of training."
    low = first_row(history, history["val_loss"] == history["val_loss"].min())
    return (
        f"Validation loss was lowest at **epoch {int(low['epoch']) + 1}** ({low['val_loss']:.2f}); "
        f"training loss went from {history['loss'].iloc[0]:.2f} to {history['loss'].iloc[-1]:.2f}."
    )


def score_sentence(history: pd.DataFrame, best_epoch: int | None) -> str:
    """Say which epoch's weights were kept, and in how many phases the model was trained.

    Args:
        history: A model's training history, one row per epoch.
        best_epoch: Row of the epoch whose weights were kept.
    """
    phases = int(history["phase"].max()) + 1
    marks = f" Dotted lines separate the {count(phases, 'phases')} of training." if phases > 1 else ""
    if best_epoch is None or best_epoch not in history.index or "val_balanced_accuracy" not in history:
        return f"{count(len(history), 'epochs')} of training.{marks}"
    best, last = history["val_balanced_accuracy"][best_epoch], history["val_balanced_accuracy"].iloc[-1]
    return (
        f"The weights of **epoch {best_epoch + 1} of {len(history)}** were kept (dashed line): validation balanced "
        f"accuracy was {best:.3f} there and {last:.3f} at the end.{marks}"
    )
