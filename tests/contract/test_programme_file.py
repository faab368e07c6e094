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


@pytest.mark.parametrize("example", sorted(ROOT.glob("examples/*.yaml")), ids=lambda path: path.name)
def test_the_examples_can_be_used(example: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check(monkeypatch, example)


def test_the_versions_before_are_read_with_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = PACKAGED.read_text(encoding="utf-8")
    (tmp_path / "earlier").mkdir()
    (tmp_path / "earlier" / "spring.yaml").write_text(written, encoding="utf-8")
    present = tmp_path / "programme.yaml"
    present.write_text(written.replace("version: 1", "version: 2"), encoding="utf-8")

    check(monkeypatch, present)

    assert capsys.readouterr().out.endswith("version 2 of The Gift Circle can be used, beside earlier 1\n")


def test_a_version_before_must_be_an_earlier_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "earlier").mkdir()
    for file in (tmp_path / "programme.yaml", tmp_path / "earlier" / "same.yaml"):
        file.write_text(PACKAGED.read_text(encoding="utf-8"), encoding="utf-8")

    with pytest.raises(SystemExit, match=r"same\.yaml:1: version: must be below 1"):
        check(monkeypatch, tmp_path / "programme.yaml")


def test_a_mistake_is_told_with_its_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    written = PACKAGED.read_text(encoding="utf-8")
    line = written.splitlines().index("currency: GBP") + 1
    wrong = tmp_path / "programme.yaml"
    wrong.write_text(written.replace("currency: GBP", "currency: pounds"), encoding="utf-8")

    with pytest.raises(SystemExit, match=rf"programme\.yaml:{line}: currency:"):
        check(monkeypatch, wrong)
