"""`otoscope export`: a network as an ONNX file that any program can step."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from app.commands import say, table

if TYPE_CHECKING:
    import argparse


def main(arguments: argparse.Namespace) -> int:
    """Write the file, compare it with the network, and say what is in it. Raises PortError, CheckpointError."""
    from engine import checkpoint, onnxport
    from engine.ported import Ported

    network = checkpoint.open_network(arguments.network)
    written = onnxport.export(network, arguments.out, arguments.int8, sound=arguments.sound)
    found = Ported(written.path)
    told: dict[str, Any] = {
        "file": str(written.path),
        "bytes": written.size,
        **(
            {"sound": f"1 x (T - 1) {found.said['hop']} + {found.said['window']}"}
            if found.sound
            else {"frames": f"1 x T x {found.inputs}"}
        ),
        "logits": f"1 x T x {found.outputs}" if found.stride == 1 else f"1 x T/{found.stride} x {found.outputs}",
        "state": [f"{name} {' x '.join(map(str, shape))}" for name, shape in found.state.items()],
        "largest difference": written.difference,
        "largest answer": written.scale,
    }
    if found.block > 1:
        told["T"] = f"multiples of {found.block}"
    if arguments.int8 and getattr(network.settings, "cell", "lstm") != "lstm":
        told["note"] = "onnxruntime rounds LSTMs and matrix products; the recurrent layers here stay float"
    say(json.dumps(told, indent=2) if arguments.json else table(told))
    return 0
