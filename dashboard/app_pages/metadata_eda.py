"""Metadata page: who and what is in HAM10000, counted. One tab runs at a time, so that a filter answers at once."""

from functools import partial

import streamlit as st

from core.data.cleaning import clean
from core.data.summary import select
from core.labels import DX
from dashboard.charts import eda, eda_people, eda_quality, eda_site
from dashboard.navigation import page_link
from dashboard.views.metadata import charts as blocks
from dashboard.views.metadata import controls

st.title("Metadata")
st.markdown("Whose skin, which spot, which diagnosis: what a model trained on HAM10000 can and cannot have seen.")
source = controls.pick_source()
with st.container(horizontal=True, vertical_alignment="bottom"):
    unit, log = controls.pick_view()
with st.container(horizontal=True, wrap=False, gap="xsmall"):  # one row on a phone too, to be pushed sideways
    selection = controls.pick_selection()
    choice = controls.pick_cleaning()
view = select(clean(source.counts, choice), selection)
blocks.show_state(source, view, selection, choice)

SECTIONS = {
    "Imbalance": [
        ("Diagnoses", partial(eda.dx_counts, log=log)),
        ("The imbalance", partial(eda.imbalance_ratio, log=log)),
        ("Lesions against images", partial(eda.lesions_and_images, log=log)),
        ("Images of one lesion", partial(eda.images_per_lesion, log=log)),
        ("How diagnoses were confirmed", eda.dx_by_dx_type),
    ],
    "Age and sex": [
        ("Age", eda_people.age_histogram),
        ("Sex", eda_people.sex_counts),
        ("Diagnoses by age group", partial(eda_people.dx_by_age_group, log=log)),
        ("Diagnoses by sex", partial(eda_people.dx_by_sex, log=log)),
        ("Age by diagnosis", eda_people.age_by_dx),
        ("Age and sex by diagnosis", eda_people.age_sex_pyramids),
    ],
    "Body site": [
        ("On the body", eda_site.body_map),
        ("Body sites", partial(eda_site.site_counts, log=log)),
        ("Body site by diagnosis", eda_site.site_by_dx),
    ],
    "Pictures": [("Picture size", eda_quality.image_sizes), ("Aspect ratio", eda_quality.aspect_ratios)],
    "Unknown values": [],
    "Tables": [],
}

if view[unit].sum():
    for name, tab in zip(SECTIONS, st.tabs(list(SECTIONS), key="show", bind="query-params"), strict=True):
        with tab:
            if not tab.open:
                continue
            if name == "Pictures":
                blocks.show_pictures(source, choice, selection, [dx for dx in DX if dx in set(view["dx"])])
                view = select(clean(blocks.sized_counts(source), choice), selection)
            blocks.show_charts(SECTIONS[name], view, unit, source.text)
            if name == "Unknown values":
                blocks.show_unknown(view, unit, source.text)
            if name == "Tables":
                blocks.show_tables(source, view, choice, selection)
    page_link("split_resampling", "What can be done about the imbalance, and what cannot")
else:
    blocks.show_empty(unit)
