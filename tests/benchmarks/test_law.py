"""The line that is drawn on to sizes nobody has measured."""

import law
import pytest


def test_points_on_a_line_give_that_line() -> None:
    line = law.through([(10, 25.0), (20, 45.0), (40, 85.0)])

    assert line.per == pytest.approx(2)
    assert line.fixed == pytest.approx(5)
    assert line.miss == pytest.approx(0)
    assert line.at(1_000) == pytest.approx(2_005)


def test_what_does_not_grow_stays_where_it_is() -> None:
    line = law.through([(10, 7.0), (1_000, 7.0)])

    assert line.at(10_000_000) == pytest.approx(7)


def test_points_off_the_line_are_said_to_be() -> None:
    # through (0, 1), (1, 1), (2, 4) goes 0.5 + 1.5 n: off by 0.5 of 1, 1 of 1, 0.5 of 4
    line = law.through([(0, 1.0), (1, 1.0), (2, 4.0)])

    assert (line.fixed, line.per, line.miss) == pytest.approx((0.5, 1.5, 1.0))
