"""Commands on resampling."""

from core.cli.app import app


@app.command()
def notebook_smote() -> None:
    """Run the notebook's SMOTE over one-hot metadata on the full dataset and write the committed counts."""
    from core.data.metadata import load_dataset
    from core.files import replacing
    from core.resampling.notebook import SMOTE_FILE, count_smote, summarise_mismatch

    counts = count_smote(load_dataset().metadata)
    with replacing(SMOTE_FILE) as beside:
        counts.to_csv(beside, index=False)
    found = summarise_mismatch(counts)
    print(f"{counts['before'].sum():,} rows became {found.rows:,}; counts written to {SMOTE_FILE}")
    print(
        f"{found.drawn:,} of the {found.synthetic:,} synthetic rows got a picture of another diagnosis; "
        f"expected {found.expected:,.0f} [{found.low:,.0f}, {found.high:,.0f}]"
    )
