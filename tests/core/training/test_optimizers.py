from core.training.optimizers import plateau_rate
from core.training.recipes import Phase


def test_a_plateau_halves_the_rate_and_waits_again() -> None:
    phase = Phase(20, 1.0, cosine=False, plateau=2)
    rates = [plateau_rate(phase, [0.5, 0.6, 0.6, 0.6, 0.7, 0.1, 0.1, 0.1, 0.1][:n]) for n in range(10)]
    assert rates == [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125]
    assert plateau_rate(phase, [0.0] * 100) == 1e-7
