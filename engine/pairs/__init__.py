"""The same computation in NumPy and in torch, side by side on the pages of the lessons; one file a pair."""
