"""The texts of guides, and their translations that were brought in."""

import threading
from collections.abc import Iterable, Iterator

from pendosim.errors import Refused
from pendosim.values import Row
from pendosim.world.guide_changes import GuideChanges
from pendosim.world.xliff import Paper


def texts_of(guide: Row) -> dict[str, str]:
    """Find what can be translated, by the id of its unit."""
    found: dict[str, str] = {}
    for step in guide["steps"]:
        found |= {f"{step['id']}/{name}": text for name, text in step["attributes"]["variables"].items()}
    for poll in guide["polls"]:
        found[f"{poll['id']}/question"] = poll["question"]
        found |= {f"{poll['id']}/{choice}": label for choice, label in poll.get("idResponses", {}).items()}
    return found


class Translations:
    def __init__(self, changes: GuideChanges) -> None:
        self._changes = changes
        self._kept: dict[str, dict[str, dict[str, str]]] = {}
        """Guide id, language, unit id: text."""
        self._lock = threading.Lock()

    def papers(self, guides: Iterable[Row]) -> Iterator[Paper]:
        """Write down a guide once for each language; once without targets where it has none."""
        for guide in guides:
            languages = self._kept.get(guide["id"], {}) or {"": {}}
            for language, targets in languages.items():
                yield Paper(guide["id"], guide["authoredLanguage"], language, texts_of(guide), dict(targets))

    def bring_in(self, papers: list[Paper]) -> None:
        """All of them or none. Raises Refused where one does not fit its guide."""
        with self._lock:
            if not papers:
                raise Refused("the XLIFF holds no file")
            for paper in papers:
                self._check(paper)
            for paper in papers:
                self._kept.setdefault(paper.guide_id, {}).setdefault(paper.language, {}).update(paper.targets)
                self._changes.change(paper.guide_id, {"translationStates": self._states(paper.guide_id)})

    def _check(self, paper: Paper) -> None:
        known = texts_of(self._changes.find(paper.guide_id))
        if not paper.language or not paper.targets:
            raise Refused(f"the file of guide {paper.guide_id} has no target-language or no target")
        unknown = sorted(set(paper.targets) - set(known))
        if unknown:
            raise Refused(f"guide {paper.guide_id} has no text {unknown[0][:80]!r}")

    def _states(self, guide_id: str) -> list[Row]:
        known = texts_of(self._changes.find(guide_id))
        return [
            {"language": language, "state": "complete" if len(targets) == len(known) else "partial"}
            for language, targets in self._kept[guide_id].items()
        ]
