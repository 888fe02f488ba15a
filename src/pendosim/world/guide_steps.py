"""The steps of a guide, with what they show and where."""

from pendosim.values import Row
from pendosim.world.ids import object_id

_KINDS = ("lightbox", "tooltip", "banner")
_HEAVY = ("attributes", "contentUrl", "contentUrlCss", "contentUrlJs", "buildingBlocksUrl", "domUrl", "domJsonpUrl")


def guide_step(guide: Row, number: int, rank: int, polls: list[Row]) -> Row:
    name = object_id("GuideStep", guide["id"], rank)
    content = f"https://content.example.com/guide-content/{guide['id']}/{name}"
    urls = {"contentUrl": f"{content}.dom.json", "contentUrlCss": f"{content}.css", "contentUrlJs": f"{content}.js"}
    urls |= {"buildingBlocksUrl": f"{content}.buildingBlocks.json", "domUrl": f"{content}.dom.json"}
    urls |= {"domJsonpUrl": f"{content}.dom.jsonp", "launchUrl": ""}
    rules = ("regexUrlRule", "elementPathRule", "triggerElementPathRule", "confirmationElementPathRule")
    text = {"title": f"{guide['name']}, step {rank + 1}", "text": f'About "{guide["name"]}" & more'}
    css = {"css": "", "html": f"<p>{guide['name']}</p>"}
    return {
        "id": name,
        "guideId": guide["id"],
        "templateId": "building-block",
        "type": _KINDS[(number + rank) % len(_KINDS)],
        "name": f"Step {rank + 1}",
        "rank": rank,
        "pageId": "",
        "pollIds": [poll["id"] for poll in polls],
        "advanceMethod": "button",
        "contentType": "text/html; charset=utf-8",
        **urls,
        **dict.fromkeys(rules, ""),
        "lastUpdatedAt": guide["lastUpdatedAt"],
        "resetAt": 0,
        "attributes": {"width": 500, "themeId": "", "variables": text, "layoutDir": "ltr", **css},
    }


def summarized(guide: Row) -> Row:
    """Leave out what makes a guide heavy: the content of its steps."""
    steps = [{name: value for name, value in step.items() if name not in _HEAVY} for step in guide["steps"]]
    return guide | {"steps": steps}
