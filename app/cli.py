"""The command line: everything that Otoscope does without a window."""
