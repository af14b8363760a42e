"""A plan's steps fit into its minutes, with time to open and to close."""

import pytest

from core.lessons.plans import PLANS, Plan
from core.lessons.steps import STEPS


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: f"{plan.minutes} minutes")
def test_a_plan_fits_into_its_minutes(plan: Plan) -> None:
    minutes = [minute for minute, _ in plan.rows()]
    assert minutes == sorted(set(minutes)) and minutes[0] == 0
    assert minutes[-1] == plan.opening + sum(step.minutes for step in plan.timed()) <= plan.minutes - 5


def test_the_longest_plan_has_every_step_and_all_keep_the_order() -> None:
    order = [step.key for step in STEPS]
    assert list(PLANS[-1].steps) == order
    for plan in PLANS:
        assert list(plan.steps) == sorted(plan.steps, key=order.index)
