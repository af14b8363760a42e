"""Entry point: `streamlit run dashboard/Home.py` imports this file once for the server and runs it for each visit."""

import sys
from pathlib import Path

import streamlit as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

if __name__ == "__main__":
    from dashboard.shell import show_page

    show_page()
else:  # the server imports what the pages need before the first visitor comes
    from dashboard.server.memory import bound_heap, work_alone

    bound_heap()  # as early as possible, while the server has few threads
    work_alone()  # before OpenCV is imported
    from starlette.middleware import Middleware

    from dashboard.server.entrance import Entrance
    from dashboard.server.middleware import Packed, lifespan
    from dashboard.server.on_device import device_routes
    from dashboard.server.rooms import room_routes

    routes = [*device_routes(), *room_routes()]
    app = st.App(__file__, lifespan=lifespan, routes=routes, middleware=[Middleware(Packed), Middleware(Entrance)])
