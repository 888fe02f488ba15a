from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pendant.errors import WrongInput
from pendant.model.moments import moment_of

NOW = datetime(2026, 11, 23, 18, 53, 51, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T08:30", datetime(2026, 11, 1, 8, 30, tzinfo=UTC)),
        ("2026-11-01T08:30:00Z", datetime(2026, 11, 1, 8, 30, tzinfo=UTC)),
        ("2026-11-01T08:30:00+02:00", datetime(2026, 11, 1, 6, 30, tzinfo=UTC)),
        ("30d", datetime(2026, 10, 24, tzinfo=UTC)),
        ("4w", datetime(2026, 10, 26, tzinfo=UTC)),
        ("0d", datetime(2026, 11, 23, tzinfo=UTC)),
        ("12h", datetime(2026, 11, 23, 6, tzinfo=UTC)),
    ],
)
def test_a_point_in_time_is_understood(text: str, meant: datetime) -> None:
    assert moment_of(text, NOW, "since") == meant


def test_no_text_means_no_bound() -> None:
    assert moment_of("", NOW, "since") is None


@pytest.mark.parametrize("text", ["yesterday", "30", "d", "-1d", "2026-13-01", "2026-11-31", "30 d"])
def test_anything_else_is_refused_with_examples(text: str) -> None:
    with pytest.raises(WrongInput) as refused:
        moment_of(text, NOW, "until")
    assert refused.value.code == "time_invalid"
    assert refused.value.field == "until"
    assert "30d" in refused.value.hint


def test_more_days_than_there_are_dates_is_refused_too() -> None:
    with pytest.raises(WrongInput):
        moment_of("99999w", NOW, "since")
