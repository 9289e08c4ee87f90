"""References are read, shown with their lessons, and named where they are cited."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from app import cli
from engine import page, refs, weblinks

ROOT = Path(__file__).parents[1]
REFS = refs.read()
OURS = ("app", "widgets", "engine", "assets", "docs", "README.md", "CHANGELOG.md", "CONTRIBUTING.md")


def tracked() -> list[Path]:
    """Text files of the program, but for the references themselves."""
    listed = subprocess.run(
        ["git", "ls-files", *OURS], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    endings = (".py", ".md", ".toml", ".tsv")
    return [ROOT / each for each in listed.splitlines() if each.endswith(endings) and not each.endswith(refs.FILE)]


def test_a_reference_is_whole_or_says_that_it_is_not() -> None:
    assert len({each.title for each in REFS}) == len(REFS)
    for each in REFS:
        assert bool(each.authors and each.where) != each.unverified, each.key
        assert 1900 < each.year < 2030
        assert each.lessons or each.cited or each.unverified or each.topic == "data", each.key


@pytest.mark.parametrize("each", [each for each in REFS if each.cited], ids=lambda each: each.key)
def test_what_cites_a_work_names_its_author(each: refs.Ref) -> None:
    first = re.split(r",| and ", each.authors)[0].split()[-1].replace("é", "e")
    for file in each.cited:
        assert first in (ROOT / file).read_text(encoding="utf-8").replace("é", "e"), file


@pytest.mark.parametrize(
    ("title", "year", "lesson"),
    [
        ("Bidirectional Recurrent", 1997, 5),
        ("Deep Recurrent Neural", 2013, 1),
        ("WaveNet: A", 2016, 10),
        ("Tacotron 2", 2018, 10),
        ("FastSpeech", 2019, 10),
        ("VITS", 2021, 10),
    ],
)
def test_papers_of_the_plan_are_on_their_pages_k260_to_k266(title: str, year: int, lesson: int) -> None:
    (each,) = [one for one in REFS if title in one.title and one.year == year]
    assert lesson in each.lessons
    assert each.line in page.source(page.find(lesson))


def test_titles_without_a_trace_are_marked_and_claimed_nowhere_k267_k268_k269() -> None:
    unverified = [each for each in REFS if each.unverified]
    assert len(unverified) == 3
    words = "".join(file.read_text(encoding="utf-8").lower() for file in tracked())
    for each in unverified:
        assert each.title.lower() not in words
        assert not each.lessons
        assert "unverified" in each.line


def test_the_command_tells_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["refs", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    told = [each for each in listed if "url" not in each]
    assert {each["key"] for each in told} == {each.key for each in REFS}
    assert [each["title"] for each in told if each["unverified"]] == [e.title for e in REFS if e.unverified]
    assert "https://gitlab.com/nguyentri.alan/conformer" in [each.get("url") for each in listed]
    assert cli.main(["refs"]) == 0
    said = capsys.readouterr().out
    assert "S. Hochreiter and J. Schmidhuber (1997). Long Short-Term Memory." in said
    assert said.count("no trace") == 3


def test_the_links_of_the_notes_are_read_and_the_malformed_one_is_told_k017(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    links = weblinks.read()
    assert len(links) == 15
    assert all(link.url.startswith("https://") for link in links)
    assert [link.title for link in links if link.fault] == ["DepthWise-tt"]
    assert cli.main(["refs", "--check"]) == 0
    said = capsys.readouterr().out
    assert "15 links to the web, 1 malformed" in said
    assert "DepthWise-tt: malformed, a link stands within" in said
    own = tmp_path / "own.md"
    own.write_text("see [a](https://example.org/a_(b)) and [ours](docs/live.md), ![pic](x.png)\n")
    assert cli.main(["refs", "--check", str(own)]) == 0
    assert "1 links to the web, 0 malformed" in capsys.readouterr().out
    own.write_text(
        "[a](https://example.org\n[b](htp://example.org)\n[c]()\n[d](https://exa mple.org)\n[e](https://x)\n"
    )
    assert cli.main(["refs", "--check", str(own)]) == 3
    said = capsys.readouterr().out
    assert [line.partition(",")[0] for line in said.splitlines()[:-1]] == [f"line {n}" for n in range(1, 6)]
    assert cli.main(["refs", "--check", str(tmp_path / "none.md")]) == 3


def test_a_links_text_and_target_are_taken_apart() -> None:
    (link,) = weblinks.parse("3. Two words: [link](https://example.org/a_(b)?c=(d))")
    assert link == weblinks.WebLink(1, "Two words", "https://example.org/a_(b)?c=(d)")


def test_the_lesson_of_the_zipformer_leads_to_its_explanation_k015() -> None:
    """K014, K015: the paper and the film of the notes, which are web addresses that can be opened."""
    (each,) = [one for one in REFS if one.title.startswith("Zipformer")]
    assert each.link == "https://www.youtube.com/watch?v=jvtTs9q1l8w"
    assert "2310.11230" in each.where
    text = page.source(page.find(9))
    assert each.line in text
    assert "zipformer_mini" in text
    for link in (one.link for one in REFS if one.link):
        assert re.fullmatch(r"https://[\w.-]+/\S+", link)


def test_no_source_carries_the_licence_of_somebody_else_k008() -> None:
    """What is copied from elsewhere comes with a notice of its own; here there is one licence, for all."""
    notice = re.compile(r"copyright|spdx|all rights reserved|licensed under", re.IGNORECASE)
    files = [each for each in tracked() if each.suffix == ".py" and "recipes" not in each.parts]
    assert len(files) > 300
    assert [str(each) for each in files if notice.search(each.read_text(encoding="utf-8"))] == []
