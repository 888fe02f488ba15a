"""The table of endpoints in the docs is the table of routes in the code."""

import re
from pathlib import Path

from pendosim.web.listener import API_ROUTES
from pendosim.web.track import INGEST

PAGE = Path(__file__).parents[2] / "docs" / "pendosim.md"
ROW = re.compile(r"^\| `([A-Z]+) (/(?:api|data)/\S+)` \| ([a-z ]*?) ?\|", re.MULTILINE)


def test_every_endpoint_is_documented_with_the_access_it_needs():
    documented = ROW.findall(PAGE.read_text(encoding="utf-8"))
    assert len(set(documented)) == len(documented)
    served = {(one.method, "/" + "/".join(one.pattern), "write" if one.write else "") for one in API_ROUTES}
    assert set(documented) == served | {("POST", path, "track secret") for path in INGEST}


def test_no_two_routes_are_the_same_and_none_hides_another():
    seen = []
    for one in API_ROUTES:
        given = [part if not part.startswith("{") else "x" for part in one.pattern]
        hiding = [other for other in seen if other.match(one.method, given) is not None]
        assert hiding == [], one
        seen.append(one)
