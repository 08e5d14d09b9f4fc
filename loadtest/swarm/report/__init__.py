"""The report of a run: its data (report.json), its text for a terminal, and its page."""
