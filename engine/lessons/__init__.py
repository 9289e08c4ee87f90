"""The lessons: one file each, with its steps and their checks. The page is in assets/lessons."""
