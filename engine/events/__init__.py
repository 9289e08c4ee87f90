"""Events: the frozen things that jobs yield and the session receives; a file for each topic."""

# ruff: noqa: F401 (these names are for those who import them from here)

from engine.events.denoising import Audible, BreakMap, Cell, Column, Enhanced, Judged, LocalSnr, Offer, Pictured
from engine.events.file import Opened, Peaked, Restored
from engine.events.gradient import Attributed, Decay, Echo
from engine.events.inspection import Decoded, Difference, Dissected, Prosody, Seam, Traced
from engine.events.job import Ended, Failed, Notice, Progress, Set
from engine.events.live import Frames
from engine.events.melody import Composed, Made
from engine.events.memory import Indexed, Match, Recalled, Stored
from engine.events.text import Captioned, Contrasted, Pair, Searched
from engine.events.training import MAGNITUDES, Began, Changed, Estimated, Evaluated, Found, Halted, Snapshot, Step
