"""The errors of sound: a file or a device that does not do what is asked of it."""

from __future__ import annotations


class AudioError(Exception):
    """A file that cannot be read or written; the text names it and says what to do."""


class DeviceError(Exception):
    """A microphone or loudspeaker that cannot be used; the text names it and says what to do."""
