"""The doctor names what the program stands on, and whether power can be told."""

from __future__ import annotations

import importlib.metadata
import json
from functools import partial

import pytest

from app import cli
from engine import power


@pytest.fixture
def findings(capsys):
    def ask():
        assert cli.main(["doctor", "--json"]) == 0
        return {each["name"]: each for each in json.loads(capsys.readouterr().out)}

    return ask


@pytest.mark.parametrize("name", ["torch", "torchaudio", "numpy", "lightning-fabric", "PySide6-Essentials"])
def test_versions(findings, name):
    assert findings()[name]["found"] == importlib.metadata.version(name)


def test_power_that_can_be_read(findings, tmp_path, monkeypatch):
    zone = tmp_path / "intel-rapl:0"
    zone.mkdir()
    for name, text in (("name", "package-0"), ("energy_uj", "1")):
        (zone / name).write_text(text)
    monkeypatch.setattr(power, "Powercap", partial(power.Powercap, tmp_path))
    found = findings()["power"]
    assert found["ok"]
    assert "package-0" in found["found"]


def test_power_that_the_machine_does_not_tell(findings, tmp_path, monkeypatch):
    monkeypatch.setattr(power, "Powercap", partial(power.Powercap, tmp_path))
    monkeypatch.setattr(power.Nvml, "watts", lambda _: None)
    found = findings()["power"]
    assert not found["ok"]
    assert found["found"] == "n/a"
    assert "no energy counters" in found["remedy"]
