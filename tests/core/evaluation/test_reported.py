"""Reported figures are figures, of models that the registry can know, and marked for what leaks."""

from core.evaluation.reported import reported, reported_per_class
from core.labels import DX


def test_reported_figures_are_shares() -> None:
    table = reported()
    shares = ["accuracy", "validation_accuracy", "balanced_accuracy", "macro_f1", "macro_auc"]
    values = table[shares].stack().dropna()
    assert values.between(0, 1).all()
    assert table[["accuracy", "balanced_accuracy", "macro_f1"]].notna().any(axis=1).all()
    assert not table.duplicated(["source", "name"]).any()


def test_both_source_projects_are_there_and_marked_as_leaking() -> None:
    table = reported().set_index("source")
    assert table.loc["Notebook (A)"].shape[0] == 4
    assert table.loc["App project (B)"].shape[0] == 8
    assert set(table.loc[["Notebook (A)", "App project (B)"], "lesions_apart"]) == {"no"}
    assert set(table["lesions_apart"]) == {"yes", "no"}


def test_reports_by_diagnosis_agree_with_their_macro_f1() -> None:
    macro = reported_per_class().groupby("name")["f1"].mean()
    table = reported().query("source == 'Notebook (A)'").set_index("name")["macro_f1"].dropna()
    assert set(macro.index) == set(table.index)
    assert (macro - table).abs().max() < 0.01
    assert {tuple(rows["dx"]) for _, rows in reported_per_class().groupby("name")} == {DX}
