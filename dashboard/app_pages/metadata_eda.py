"""Metadata page: who and what is in HAM10000. Only the open tab runs, so that filters respond at once."""

from functools import partial

import streamlit as st

from core.data.cleaning import clean
from core.data.summary import select
from core.labels import DX
from dashboard.caches.computed import computed
from dashboard.charts import eda_people, eda_quality, eda_site
from dashboard.components.share import share
from dashboard.navigation import page_link
from dashboard.views.metadata import charts as views
from dashboard.views.metadata import controls

st.title("Metadata")
st.markdown(
    "Patients, body sites and diagnoses in HAM10000: what a model trained on this data has seen, and what it hasn't."
)
source = controls.pick_source()
with st.container(horizontal=True, vertical_alignment="bottom"):
    unit, log = controls.pick_view()
with st.container(horizontal=True, wrap=False, gap="xsmall"):  # one row on a phone too, which scrolls sideways
    selection = controls.pick_selection()
    choice = controls.pick_cleaning()
shares = controls.shares_wanted()
view = select(computed(clean, source.counts, choice), selection)
share("metadata", controls.start)
views.show_state(source, view, selection, choice)

SECTIONS: dict[str, views.Section] = {
    "Imbalance": views.imbalance(log),
    "Lesions": views.lesions(log),
    "Age and sex": [
        ("Age", eda_people.age_histogram),
        ("Sex", eda_people.sex_counts),
        ("Diagnoses by age group", partial(eda_people.dx_by_age_group, log=log, shares=shares)),
        ("Diagnoses by sex", partial(eda_people.dx_by_sex, log=log, shares=shares)),
        ("Age by diagnosis", eda_people.age_by_dx),
        ("Age and sex by diagnosis", eda_people.age_sex_pyramids),
    ],
    "Body site": [
        ("Body map", eda_site.body_map),
        ("Body sites", partial(eda_site.site_counts, log=log)),
        ("Body site by diagnosis", eda_site.site_by_dx),
    ],
    "Images": [("Image size", eda_quality.image_sizes), ("Aspect ratio", eda_quality.aspect_ratios)],
    "Unknown values": [],
    "Tables": [],
}

if view[unit].sum():
    for name, tab in zip(SECTIONS, st.tabs(list(SECTIONS), key="show", bind="query-params"), strict=True):
        with tab:
            if not tab.open:
                continue
            if name == "Images":
                views.show_images(source, choice, selection, [dx for dx in DX if dx in set(view["dx"])])
                view = select(clean(views.sized_counts(source), choice), selection)
            if name == "Age and sex":
                controls.pick_shares()
            views.show_charts(SECTIONS[name], view, unit, source.text)
            if name == "Unknown values":
                views.show_unknown(view, unit, source.text)
            if name == "Tables":
                views.show_tables(source, view, choice, selection)
    page_link("split_resampling", "Next: what helps against the imbalance, and what doesn't")
else:
    views.show_empty(unit)
