"""Which groups are drawn, how panels are laid out, and what stands in for missing numbers."""

import polars as pl
import pytest
from matplotlib.figure import Figure

from popmargin.figures.panels import (
    draw_bars,
    label_lowest,
    largest_groups,
    numbers_of,
    one_estimator,
    panel_grid,
    row_at,
    share_alike,
    share_limits,
)


def test_largest_groups_keep_the_tables_order_and_say_what_is_left_out():
    table = pl.DataFrame({"group": [f"g{i}" for i in range(10)], "n_patients": range(10)})
    groups, note = largest_groups(table)
    assert groups == [f"g{i}" for i in range(2, 10)]
    assert note == "Shown: the 8 largest of 10 groups."


def test_few_groups_need_no_remark():
    assert largest_groups(pl.DataFrame({"group": ["a"], "n_patients": [None]})) == (["a"], "")


def test_sizes_come_from_patients_where_the_table_has_rows_of_patients():
    table = pl.DataFrame(
        {"group": ["small"] * 9 + [f"g{i}" for i in range(8) for _ in range(2)],
         "patient_id": ["same"] * 9 + ["p", "q"] * 8}
    )  # fmt: skip
    assert "small" not in largest_groups(table)[0]


def test_panels_have_the_asked_size_in_millimetres():
    grid = panel_grid(2, 3, width_mm=190, panel_mm=[20.0, 10.0])
    heights = [panel.get_position().height * grid.height_mm for panel in grid.panels[:, 0]]
    assert heights == pytest.approx([20.0, 10.0])
    assert grid.figure.get_size_inches()[0] * 25.4 == pytest.approx(190)
    tops = [panel.get_position().y1 for panel in grid.panels[:, 0]]
    assert tops[0] > tops[1]


def test_no_group_gives_one_empty_panel():
    assert panel_grid(0, 1, width_mm=90, panel_mm=20.0).panels.shape == (1, 1)


def test_numbers_say_plans_only_where_they_differ_from_patients():
    row = {"group": ["a"], "n_patients": [3], "n_units": [4], "n_fractions": [1200]}
    assert numbers_of(pl.DataFrame(row), "a") == "n = 3 patients, 4 plans, 1,200 fractions"
    assert (
        numbers_of(pl.DataFrame(row | {"n_units": [3]}), "a") == "n = 3 patients, 1,200 fractions"
    )
    assert numbers_of(pl.DataFrame(row), "b") == ""


def test_one_estimator_prefers_anova():
    table = pl.DataFrame({"estimator": ["conventional", "anova", "reml"]})
    assert one_estimator(table)["estimator"].to_list() == ["anova"]
    assert one_estimator(table.head(1))["estimator"].to_list() == ["conventional"]


def test_row_at_is_empty_where_nothing_matches():
    table = pl.DataFrame({"axis": ["lr", "si"], "x": [1, 2]})
    assert row_at(table, axis="si")["x"] == 2
    assert row_at(table, axis="ap") == {}


def test_shared_limits_hold_every_panel():
    figure = Figure()
    panels = [figure.add_subplot(1, 2, i + 1) for i in range(2)]
    panels[0].set(xlim=(0, 1), ylim=(0, 1))
    panels[1].set(xlim=(-1, 3), ylim=(5, 6))
    share_limits(panels, x=True)
    assert {p.get_ylim() for p in panels} == {(0.0, 6.0)}
    assert {p.get_xlim() for p in panels} == {(-1.0, 3.0)}


def test_bars_are_one_shape_that_holds_each():
    panel = Figure().add_subplot()
    draw_bars(panel, [0, 1], 1.0, [3.0, -2.0], [0.5, 0.25], facecolor="black")
    (shape,) = panel.patches
    assert shape.get_path().contains_points([(2.0, 0.2), (0.0, 1.1)]).all()
    assert not shape.get_path().contains_points([(2.0, 0.3), (0.0, 1.2), (2.0, 1.0)]).any()
    draw_bars(panel, [], 0.0, [], 0.5)
    assert len(panel.patches) == 1


def test_only_the_lowest_of_a_column_keeps_its_tick_labels():
    figure = Figure()
    panels = [figure.add_subplot(3, 1, i + 1) for i in range(3)]
    panels[2].set_axis_off()
    label_lowest(panels)
    shown = [panel.xaxis.get_major_ticks()[0].label1.get_visible() for panel in panels[:2]]
    assert shown == [False, True]


@pytest.mark.parametrize(("widest", "shared"), [(1.9, True), (2.1, False)])
def test_a_column_shares_its_scale_where_the_panels_are_alike(widest, shared):
    figure = Figure()
    panels = [figure.add_subplot(2, 1, i + 1) for i in range(2)]
    panels[0].set_xlim(0.0, 1.0)
    panels[1].set_xlim(0.0, widest)
    share_alike(panels)
    assert panels[0].get_xlim() == (0.0, widest if shared else 1.0)
    assert panels[0].xaxis.get_major_ticks()[0].label1.get_visible() is not shared
