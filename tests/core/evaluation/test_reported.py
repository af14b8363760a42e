"""Reported figures are figures, of models that the registry can know, and marked for what leaks."""

from core.evaluation.reported import ENSEMBLES, not_reproduced, reported, reported_per_class
from core.labels import DX
from core.models.registry import all_models


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


def test_what_is_not_trained_here_names_its_figure_and_its_command() -> None:
    table = not_reproduced({"baseline_cnn", "efficientnet_lite0"}).set_index("name")
    assert set(table.index) == {*all_models(), *ENSEMBLES} - {"baseline_cnn", "efficientnet_lite0"}
    known = reported().set_index("name")
    for name, row in table.iterrows():
        assert (row["status"] == "reported, not reproduced here") == (name in known.index)
        if name in known.index:
            assert row["accuracy"] == known.loc[name, "accuracy"] and row["test_set"] == known.loc[name, "test_set"]
    assert table.loc["custom_cnn", "command"] == "python -m core train custom_cnn"
    assert table.loc["efficientnet_lite2", "command"] == "python -m core train efficientnet_lite2"
    assert table.loc["vgg16_last_block", "command"] == "python -m core train vgg16_last_block --imagenet-weights DIR"
    both = table.loc["ensemble_inception_densenet"]
    assert both["command"] == (
        "python -m core train inceptionv3_full densenet201_full --imagenet-weights DIR && "
        "python -m core ensemble ensemble_inception_densenet inceptionv3_full densenet201_full"
    )
    assert both["parameters"] == 22_855_463 + 19_309_127


def test_nothing_is_left_once_everything_is_trained() -> None:
    assert not_reproduced({*all_models(), *ENSEMBLES}).empty
