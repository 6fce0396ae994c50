"""Every recipe at two pairs of SDs, worked out with a pocket calculator from its formula."""

import pytest

from popmargin.margins.recipes.bir import bir_margin
from popmargin.margins.registry import describe_recipes, find_recipe

# Margins in mm at (systematic, random) = (3, 4) and (4, 3) mm, default options.
EXPECTED = {
    "van_herk": (10.6631, 11.9525),
    "van_herk_linear": (10.3, 12.1),
    "van_herk_lung_80": (8.4636, 10.5613),
    "van_herk_tcp": (7.3, 9.1),
    "stroom": (8.8, 10.1),
    "parker": (8.0, 9.0),
    "icru62_quadrature": (5.0, 5.0),
    "icru62_linear": (5.8, 6.1),
    "mckenzie_prv": (5.9, 6.7),
    "mckenzie_prv_parallel": (1.9, 3.7),
    "bir": (10.6622, 11.9514),
    "bel": (2.8, 2.1),
    "antolak_rosen": (6.6, 4.95),
    "yoda": (12.1, 12.1),
}


def test_every_recipe_is_worked_out():
    names = {row["name"] for row in describe_recipes()}
    assert not names - set(EXPECTED), f"work out by hand, in EXPECTED: {names - set(EXPECTED)}"
    assert set(EXPECTED) == names


@pytest.mark.parametrize("name", EXPECTED)
def test_value(name):
    recipe = find_recipe(name)
    found = [float(recipe.margin(*sds)) for sds in ((3.0, 4.0), (4.0, 3.0))]
    assert found == pytest.approx(EXPECTED[name], abs=6e-5)


def test_offsets_of_the_bir_recipe_are_added():
    plain = float(bir_margin(3.0, 4.0))
    assert float(bir_margin(3.0, 4.0, algorithm_offset_mm=1.5)) == pytest.approx(plain + 1.5)
    assert float(bir_margin(3.0, 4.0, breathing_offset_mm=2.0)) == pytest.approx(plain + 2.0)
