"""The page on the architecture: its drawing is that of the code, and what it names is there."""

import re

from tests.architecture.drawing import PAGE, ROOT, drawing, floors, page

TEXT = PAGE.read_text(encoding="utf-8")


def test_the_drawing_is_that_of_the_code():
    assert page(TEXT) == TEXT, "run python -m tests.architecture.drawing"


def test_every_room_is_drawn():
    rooms = {
        folder.parent.name for folder in (ROOT / "analysis" / "popmargin").glob("*/__init__.py")
    }
    assert rooms == {room for floor in floors() for room in floor}
    assert all(re.search(rf"^    {room}$", drawing(), re.MULTILINE) for room in rooms)


def test_every_file_that_the_story_names_exists():
    named = re.findall(r"`([\w/]+(?:\.py|\.csv|/))`", TEXT)
    assert len(named) > 15
    missing = [name for name in named if not (ROOT / "analysis" / "popmargin" / name).exists()]
    assert missing == []
