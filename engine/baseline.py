"""The baseline of spoken digits: 13 MFCC at 20 evenly spaced times of a recording, and an RBF SVM."""

from __future__ import annotations

import functools

import numpy as np

from engine import catalog, utterance
from engine.stages.stage import Format


def errors(speaker: str) -> tuple[int, int]:
    """Wrong digits and digits among all recordings of a speaker, by an SVM trained on the other speakers."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    sets = {name: _described(name) for name in utterance.SPEAKERS}
    others = [sets[name] for name in sets if name != speaker]
    machine = make_pipeline(StandardScaler(), SVC(C=10.0))
    machine.fit(np.concatenate([x for x, _ in others]), np.concatenate([y for _, y in others]))
    x, y = sets[speaker]
    return int(np.count_nonzero(machine.predict(x) != y)), len(y)


@functools.lru_cache(maxsize=8)
def _described(speaker: str) -> tuple[np.ndarray, np.ndarray]:
    """Per recording its 13 MFCC at 20 times [n, 260], and its digit [n]."""
    import scipy.fft

    form = Format(16000.0)
    heard = catalog.load("stages", "logmel").Settings(n_mels=40, fmax=4000.0, floor=1e-8)
    rows, digits = [], []
    for said in utterance.utterances(speaker):
        stage = catalog.load("stages", "logmel").build(heard, form)
        frames = np.concatenate([stage.push(said.samples[:, None]), stage.flush()])
        mfcc = scipy.fft.dct(frames, axis=1, norm="ortho")[:, :13]
        times = np.linspace(0, len(mfcc) - 1, 20)
        rows.append(np.concatenate([np.interp(times, np.arange(len(mfcc)), column) for column in mfcc.T]))
        digits.append(said.digit)
    return np.array(rows), np.array(digits)
