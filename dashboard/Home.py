"""Entry point: `streamlit run dashboard/Home.py` imports this file once as the server and runs it for each visit."""

import sys
from pathlib import Path

import streamlit as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

if __name__ == "__main__":
    from dashboard.shell import show_page

    show_page()
else:  # by the time that a visitor comes, the server has imported what the pages need
    from dashboard.server.memory import bound_heap

    bound_heap()  # as early as can be, while the server has few threads
    from starlette.middleware import Middleware

    from dashboard.server.middleware import Packed, lifespan

    app = st.App(__file__, lifespan=lifespan, middleware=[Middleware(Packed)])
