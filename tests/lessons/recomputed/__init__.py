"""One number of every step of every lesson, found in another way than its check finds it.

What a network of ours has learnt is asked by torch, frame by frame; what is written down is held against a
formula, scipy or what is heard. Each function takes the outcome and the networks that were taught for it. There is
a file for each lesson, named as in engine/lessons.
"""

from __future__ import annotations

import importlib

from engine import catalog
from tests.lessons.recomputed.step import RECOMPUTED

__all__ = ["RECOMPUTED"]

for _name in catalog.names("lessons"):
    importlib.import_module(f"{__name__}.{_name}")
