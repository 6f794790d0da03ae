"""What the page takes over from the library's own styles is equal to them.

After a change of those: `python tests/play/test_styles.py` writes the page's copy anew.
"""

from pathlib import Path

import clearprop.play.page
from clearprop.present.figure.svg import HUES_STYLE
from clearprop.present.figure.svg import STYLE as PICTURE_STYLE
from clearprop.present.page import MATRIX_STYLE

SHEET = Path(next(iter(clearprop.play.page.__path__))) / "library.css"


def wanted():
    """Brackets of matrices, and colours of pictures: the page's policy allows no styles within a picture."""
    rules = f"{PICTURE_STYLE}{HUES_STYLE}".replace("}", "}\n").replace("}\n}", "}}")
    return f"/* Written by tests/play/test_styles.py from the library's own styles. */{MATRIX_STYLE}{rules}"


def test_the_page_has_the_styles_of_the_library():
    assert SHEET.read_text(encoding="utf-8") == wanted()


if __name__ == "__main__":
    SHEET.write_text(wanted(), encoding="utf-8")
