"""Lesson page: one step at a time, each with a guess before its result."""

from dashboard.components.widgets import plain_errors
from dashboard.views.lesson.play import show_step

with plain_errors():
    show_step()
