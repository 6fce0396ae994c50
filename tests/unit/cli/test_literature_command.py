"""``popmargin literature TABLE``: the reader's own margins judged row by row, or refused."""

import json

import pytest

from popmargin.cli.main import main

TABLE = """\
paper,site,axis,systematic_sd_mm,random_sd_mm,margin_mm,recipe
A 2020,lung,AP,1.7,3.3,6.6,van_herk_linear
A 2020,lung,LR,1.7,3.3,7.7,2.5Sigma+0.7sigma
B 2021,brain,SI,2.0,1.0,4.7,stroom
C 2022,brain,SI,2.0,1.0,5.0,
D 2023,brain,SI,2.0,,5.0,stroom
E 2024,brain,SI,1.0,0.0,,stroom
"""


@pytest.fixture
def judged(tmp_path, capsys):
    def run(text, *more):
        (tmp_path / "own.csv").write_text(text)
        code = main(["literature", str(tmp_path / "own.csv"), "--json", *more])
        return code, capsys.readouterr()

    return run


def test_every_row_has_its_verdict_and_reason(judged):
    code, said = judged(TABLE)
    rows = json.loads(said.out)["rows"]
    assert code == 0
    assert [row["verdict"] for row in rows] == [
        "reproduces", "does_not_follow", "reproduces", "no_stated_recipe", "errors_not_stated",
        "no_margin_stated",
    ]  # fmt: skip
    assert [row["reproduces"] for row in rows] == [True, False, True, None, None, None]
    assert all(row["reason"] for row in rows)
    assert rows[2]["margin_recomputed_mm"] == pytest.approx(4.7)
    assert rows[0]["axis"] == "ap"


def test_digits_decide_what_rounding_allows(judged):
    # 2.5 * 1.7 + 0.7 * 3.3 = 6.56: 6.3 is out of reach of the printed SDs, 7 is not when they have
    # no decimal.
    row = "paper,axis,systematic_sd_mm,random_sd_mm,margin_mm,recipe\nA,AP,{},{},{},van_herk_linear"
    for cells, expected in ((("1.7", "3.3", "6.3"), False), (("2", "3", "6"), True)):
        _, said = judged(row.format(*cells) + "\n")
        assert json.loads(said.out)["rows"][0]["reproduces"] is expected


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("6.6,van", '"6,6",van', "row 2, column margin_mm"),
        ("1.7,3.3,6.6", "-1.7,3.3,6.6", "row 2, column systematic_sd_mm"),
        ("recipe\n", "formula\n", "a column recipe"),
        ("paper,site", "paper,colour", "colour"),
        ("1.7,3.3,6.6", "nan,3.3,6.6", "row 2, column systematic_sd_mm"),
    ],
)
def test_what_cannot_be_judged_is_refused(judged, old, new, words):
    code, said = judged(TABLE.replace(old, new))
    assert code == 1
    assert words in said.err


def test_the_sites_of_the_own_table_can_be_chosen(judged):
    code, said = judged(TABLE, "--site", "lung")
    assert code == 0
    assert len(json.loads(said.out)["rows"]) == 2
    assert judged(TABLE, "--site", "elbow")[0] == 1
