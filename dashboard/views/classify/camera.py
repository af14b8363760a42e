"""The classify page's camera."""

from typing import Any

import streamlit as st

CAMERA = "classify-camera"
"""Session state: whether the visitor has opened the camera."""


def take_photo() -> Any:
    """Say what the camera is for before the browser asks whether it may be used, and offer an upload in its place.

    Returns:
        The photo's file; None while there is none.
    """
    opened = bool(st.session_state.get(CAMERA))
    if not opened:
        st.markdown(
            "The camera takes one photo of a spot, which is classified like an upload. Your browser will ask whether "
            "this page may use it. The models were trained on images taken through a dermatoscope: hold one in front "
            "of the lens if you can. Nothing is stored."
        )
    with st.container(horizontal=True):
        if not opened:
            st.button(
                "Open the camera", icon=":material/photo_camera:", key="open-camera",
                on_click=st.session_state.update, args=({CAMERA: True},),
            )  # fmt: skip
        st.button(
            "No camera? Upload an image", icon=":material/upload:", key="no-camera",
            on_click=st.session_state.update, args=({"source": "upload"},),
        )  # fmt: skip
    return st.camera_input("Take a photo with the spot large, sharp and in the middle") if opened else None
