"""Describe the committed tables of splits as a Croissant file, which tools for datasets read.

Format: MLCommons Croissant 1.0, https://docs.mlcommons.org/croissant/docs/croissant-spec.html.
"""

import json
from pathlib import Path
from typing import Any

from core.config import TABLES, VERSION
from core.files import replacing, sha256

FILE = "croissant.json"
CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""As the specification gives it."""
Columns = dict[str, tuple[str, str]]
"""Type and meaning of each column, by name."""
SPLITS: Columns = {
    "image_id": ("sc:Text", "Image in HAM10000."),
    "group": ("sc:Integer", "Lesion; two lesion_ids that show one lesion have the same number."),
    "lesion": ("sc:Text", "Split by lesion: train, validation or test."),
    "image": ("sc:Text", "Split by image, which leaks: train or test."),
    "near_duplicate": ("sc:Boolean", "Whether a later part of the split by lesion shows this lesion too."),
}
MILK10K_SPLITS: Columns = {
    "image_id": ("sc:Text", "Dermatoscopic image in MILK10k."),
    "lesion_id": ("sc:Text", "Lesion in MILK10k."),
    "split": ("sc:Text", "Split by lesion: train, validation or test."),
}
TABLES_OF_SPLITS = {"splits.csv": SPLITS, "milk10k_splits.csv": MILK10K_SPLITS}


def describe_splits(folder: Path = TABLES) -> dict[str, Any]:
    """Return the description as JSON-LD.

    Args:
        folder: Where the tables are.
    """
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": "HAM10000_lab_splits",
        "description": "Train, validation and test splits of HAM10000 (by lesion, and by image for comparison) and of "
        "MILK10k (by lesion). Image ids only; the images are at their sources.",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "license": "https://creativecommons.org/licenses/by-nc/4.0/",
        "url": "https://doi.org/10.7910/DVN/DBW86T",
        "version": VERSION,
        "datePublished": "2018-08-14",
        "citeAs": "Tschandl, Rosendahl, Kittler. The HAM10000 dataset. Scientific Data 5, 180161 (2018). "
        "doi:10.1038/sdata.2018.161. MILK study team. MILK10k. ISIC Archive (2025). doi:10.34970/648456.",
        "distribution": [_file(folder / name) for name in TABLES_OF_SPLITS],
        "recordSet": [_records(name, columns) for name, columns in TABLES_OF_SPLITS.items()],
    }


def write_croissant(folder: Path = TABLES) -> Path:
    """Write the description beside the tables.

    Returns:
        The file.
    """
    with replacing(folder / FILE) as beside:
        beside.write_text(json.dumps(describe_splits(folder), indent=2) + "\n", encoding="utf-8")
    return folder / FILE


def _file(path: Path) -> dict[str, Any]:
    facts = {"contentUrl": path.name, "encodingFormat": "text/csv", "sha256": sha256(path)}
    return {"@type": "cr:FileObject", "@id": path.name, "name": path.name, **facts}


def _records(name: str, columns: Columns) -> dict[str, Any]:
    record_set = name.removesuffix(".csv")
    fields = [
        {
            "@type": "cr:Field", "@id": f"{record_set}/{column}", "name": column, "description": meaning,
            "dataType": kind, "source": {"fileObject": {"@id": name}, "extract": {"column": column}},
        }
        for column, (kind, meaning) in columns.items()
    ]  # fmt: skip
    return {"@type": "cr:RecordSet", "@id": record_set, "name": record_set, "field": fields}
