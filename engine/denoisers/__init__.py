"""Denoisers: whatever takes noise out of sound, a file a kind."""
