"""`make programme`: a brand learns of a mistake before anybody is served by it."""

from pathlib import Path

import pytest

from tessera.programme.load import PACKAGED
from tests.resources import ROOT
from tools import programme


def check(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setattr("sys.argv", ["programme", str(path)])
    programme.main()


def test_the_programme_to_try_can_be_used(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    check(monkeypatch, PACKAGED)

    assert capsys.readouterr().out.endswith("version 1 of The Gift Circle can be used\n")


def test_the_example_with_dates_can_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    check(monkeypatch, ROOT / "examples" / "points_with_dates.yaml")


def test_a_mistake_is_told_with_its_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    written = PACKAGED.read_text(encoding="utf-8")
    line = written.splitlines().index("currency: GBP") + 1
    wrong = tmp_path / "programme.yaml"
    wrong.write_text(written.replace("currency: GBP", "currency: pounds"), encoding="utf-8")

    with pytest.raises(SystemExit, match=rf"programme\.yaml:{line}: currency:"):
        check(monkeypatch, wrong)
