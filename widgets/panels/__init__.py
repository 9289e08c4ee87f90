"""The side panels: forms over parts of the session."""
