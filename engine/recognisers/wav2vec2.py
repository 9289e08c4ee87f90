"""wav2vec 2.0 and HuBERT (arXiv:2006.11477, arXiv:2106.07447): torchaudio's networks with weights from a file."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import ctc
from engine.clip import Label
from engine.recognisers.recogniser import Recogniser, RecogniserError
from engine.spelling import words
from engine.stretches import stretches
from engine.trellis import softmax

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.recognisers.recogniser import Word

    Array = NDArray[np.float32]

TITLE = "wav2vec 2.0"
_FILES = {
    "wav2vec2": "wav2vec2_fairseq_base_ls960_asr_ls960.pth",
    "hubert": "hubert_fairseq_large_ll60k_asr_ls960.pth",
}
"""By name, the file that torchaudio keeps the weights of WAV2VEC2_ASR_BASE_960H and HUBERT_ASR_LARGE in."""
_GET = (
    "its weights are not here: name a file or folder with torchaudio's state dict, as --recogniser "
    f"{_FILES['wav2vec2']}, or put it into ~/.cache/torch/hub/checkpoints"
)
_KEY = "encoder.transformer.layers.0.attention.k_proj.weight"
_LETTERS = "-|ETAONIHSRDLUMWCFGYPBVK'XJQZ"
"""What the outputs mean, as the pipelines of torchaudio have it: a blank, a space, letters."""
_RAW = 32
"""Outputs of the files as they were trained; the three after the blank are never named."""
_LONGEST = 20.0
_FRAME = 400
"""Samples that the convolutions of the first layers hear at once."""
_OTHER = "another network than torchaudio's wav2vec 2.0"


def names() -> Sequence[str]:
    """Those whose weights torchaudio has put into its cache."""
    return tuple(name for name, file in _FILES.items() if (_cache() / file).is_file())


def absent() -> str:
    return "" if names() else _GET


def fits(path: Path) -> bool:
    """Whether it is a state dict of such a network with letters as outputs, or a folder that holds one."""
    return _file(path) is not None


def build(source: str | Path) -> Recogniser:
    """By name from torchaudio's cache, or from a file or folder. Raises RecogniserError."""
    if str(source) in _FILES and not Path(source).exists():
        path = _cache() / _FILES[str(source)]
        if not path.is_file():
            raise RecogniserError(f"{source}: {_GET}")
        return _Wav2Vec2(str(source), path)
    file = _file(Path(source))
    if file is None:
        raise RecogniserError(f"{source}: {_GET}")
    return _Wav2Vec2(file.stem, file)


def _cache() -> Path:
    home = (
        os.environ.get("TORCH_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "torch"
    )
    return Path(home) / "hub" / "checkpoints"


def _file(path: Path) -> Path | None:
    """The file itself, or the first in a folder, that holds such weights."""
    if path.is_dir():
        inside = (each for kind in ("*.pth", "*.pt", "*.safetensors") for each in sorted(path.glob(kind)))
        return next((each for each in inside if _holds(each)), None)
    return path if path.is_file() and _holds(path) else None


def _holds(file: Path) -> bool:
    """By the names of its tensors, which are read without the tensors."""
    if file.suffix == ".safetensors":
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(file, framework="numpy") as tensors:
                return _KEY in tensors.keys() and "aux.weight" in tensors.keys()
        except (OSError, SafetensorError):
            return False
    try:
        with zipfile.ZipFile(file) as parts:
            index = next((each for each in parts.namelist() if each.endswith("data.pkl")), "")
            found = parts.read(index) if index else b""
    except (OSError, zipfile.BadZipFile):
        return False
    return _KEY.encode() in found and b"aux.weight" in found


class _Wav2Vec2:
    """Greedy CTC over letters, a frame each 20 ms. Measured times; confidence from the letters' posteriors."""

    rate = 16_000

    def __init__(self, name: str, file: Path) -> None:
        from engine import device

        self.name = name
        models: Any = device.torchaudio().models
        weights = _weights(file)
        try:
            self._module = models.wav2vec2_model(**_shape(weights))
            self._module.load_state_dict(weights)
        except Exception as error:  # whatever the names and shapes of another network lead to
            raise RecogniserError(f"{file} holds {_OTHER}: {_why(error)}") from error
        self._module.eval()
        self._normal = "feature_extractor.conv_layers.1.layer_norm.weight" in weights

    def read(self, sound: Array) -> tuple[Word, ...]:
        return tuple(
            word for start, piece in stretches(sound, self.rate, _LONGEST) for word in self._words(piece, start)
        )

    def layers(self, sound: Array) -> tuple[Array, ...]:
        """What each layer makes of sound [n]: [T, F] each, some 50 frames a second. Raises RecogniserError."""
        import torch

        if len(sound) < _FRAME:
            least, here = (f"{1000 * each / self.rate:.0f} ms" for each in (_FRAME, len(sound)))
            raise RecogniserError(f"a frame is {least} of sound, and here are {here}; take a longer one")
        with torch.inference_mode():
            found, _ = self._module.extract_features(self._heard(sound))
        return tuple(np.asarray(each[0].numpy(), np.float32) for each in found)

    def _words(self, sound: Array, start: float) -> tuple[Word, ...]:
        import torch

        with torch.inference_mode():
            logits = self._module(self._heard(sound))[0][0].numpy()
        if not len(logits):
            return ()
        seconds, share = len(sound) / self.rate / len(logits), softmax(logits)
        runs = ctc.greedy(logits)
        labels = [Label(run.start * seconds, run.stop * seconds, _LETTERS[run.label], "letter") for run in runs]
        sure = [float(share[run.start : run.stop, run.label].max()) for run in runs]
        return words(labels, sure, True, start, start + len(sound) / self.rate)

    def _heard(self, sound: Array) -> Any:
        import torch

        heard = torch.from_numpy(np.ascontiguousarray(sound))[None]
        return torch.nn.functional.layer_norm(heard, heard.shape[1:]) if self._normal else heard


def _weights(file: Path) -> dict[str, Any]:
    """The state dict, without what is never named. Raises RecogniserError; runs nothing that lies in the file."""
    import torch

    try:
        if file.suffix == ".safetensors":
            from safetensors.torch import load_file

            found = load_file(file)
        else:
            found = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever lies in the file; torch raises what is the reader's own of it
        raise RecogniserError(f"{file} cannot be read: {_why(error)}; get it again") from error
    ends = [found.get(f"aux.{name}") for name in ("weight", "bias")] if isinstance(found, dict) else []
    if [getattr(each, "ndim", 0) for each in ends] != [2, 1]:
        raise RecogniserError(f"{file} holds {_OTHER}: it has no outputs of its own")
    outputs = len(found["aux.weight"])
    if outputs == _RAW:
        kept = [0, *range(4, _RAW)]
        found = {**found, "aux.weight": found["aux.weight"][kept], "aux.bias": found["aux.bias"][kept]}
    elif outputs != len(_LETTERS):
        raise RecogniserError(f"{file} names {outputs} letters; {len(_LETTERS)} are known here: {_LETTERS}")
    return dict(found)


def _why(error: Exception) -> str:
    """The first line of what went wrong, or its kind where it says nothing."""
    return (str(error) or type(error).__name__).splitlines()[0]


def _shape(weights: dict[str, Any]) -> dict[str, Any]:
    """The arguments of torchaudio's wav2vec2_model, from the shapes of the weights and the papers' habits."""
    convolutions: list[tuple[int, int, int]] = []
    while (key := f"feature_extractor.conv_layers.{len(convolutions)}.conv.weight") in weights:
        made, _, width = weights[key].shape
        convolutions.append((made, width, 2 if convolutions else 5))
    size = weights[_KEY].shape[0]
    position = next(
        weights[key]
        for key in (
            "encoder.transformer.pos_conv_embed.conv.weight_v",
            "encoder.transformer.pos_conv_embed.conv.parametrizations.weight.original1",
        )
        if key in weights
    )
    layers = 0
    while f"encoder.transformer.layers.{layers}.final_layer_norm.weight" in weights:
        layers += 1
    # The large ones normalise in every convolution, and before rather than after attention.
    large = "feature_extractor.conv_layers.1.layer_norm.weight" in weights
    dropouts = ("projection_dropout", "attention_dropout", "ff_interm_dropout", "dropout", "layer_drop")
    return {
        "extractor_mode": "layer_norm" if large else "group_norm",
        "extractor_conv_layer_config": convolutions,
        "extractor_conv_bias": "feature_extractor.conv_layers.0.conv.bias" in weights,
        "encoder_embed_dim": size,
        "encoder_pos_conv_kernel": position.shape[2],
        "encoder_pos_conv_groups": size // position.shape[1],
        "encoder_num_layers": layers,
        "encoder_num_heads": max(1, size // 64),
        "encoder_ff_interm_features": weights[
            "encoder.transformer.layers.0.feed_forward.intermediate_dense.weight"
        ].shape[0],
        "encoder_layer_norm_first": large,
        "aux_num_out": len(_LETTERS),
        **{f"encoder_{each}": 0.0 for each in dropouts},
    }
