"""Class page: join or open a room; the students' screen and the teacher's."""

import streamlit as st

from dashboard.components.widgets import plain_errors
from dashboard.views.classroom import door, student, teacher

with plain_errors():
    if door.TEACH in st.query_params:
        teacher.enter(st.query_params[door.TEACH])
    elif door.LEAD in st.query_params:
        teacher.show_teacher(st.query_params[door.LEAD])
    elif door.ROOM in st.query_params:
        student.show_student(st.query_params[door.ROOM])
    else:
        door.show_door()
