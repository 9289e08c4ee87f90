"""The recordings that a machine has: what is found follows the folder that the environment names."""

from __future__ import annotations

import numpy as np

from engine import disturb, recordings


def folder(root, *names):
    """A folder of recordings: noises of these names."""
    import soundfile

    lines = ["file\tseconds\tsr\tspeaker\tlabel\tsplit\textra"]
    (root / "noise_real" / "found").mkdir(parents=True)
    for name in names:
        soundfile.write(root / "noise_real" / "found" / f"{name}.wav", np.zeros(1600), 16000)
        lines.append(f"found/{name}.wav\t0.1\t16000\t\t\t\t")
    (root / "noise_real" / "manifest.tsv").write_text("\n".join(lines) + "\n")
    return root


def test_another_folder_of_recordings_has_other_noises(monkeypatch, tmp_path):
    """What was found in one folder is not taken for what lies in the next."""
    test = disturb.TEST[0]
    for root, names in ((folder(tmp_path / "a", "one", test), ["one"]), (folder(tmp_path / "b", "two"), ["two"])):
        monkeypatch.setenv(recordings.VARIABLE, str(root))
        assert [path.stem for path in disturb.noise_files(False)] == names
        assert [path.stem for path in disturb.noise_files(True)] == ([test] if "one" in names else [])
    monkeypatch.setenv(recordings.VARIABLE, "")
    assert disturb.noise_files(False) == disturb.noise_files(True) == ()
    monkeypatch.setenv(recordings.VARIABLE, str(tmp_path / "a"))
    assert [path.stem for path in disturb.noise_files(False)] == ["one"]
