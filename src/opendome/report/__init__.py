"""The report: one self-contained HTML page from a study folder, and its PDF. See ``page.make_report``."""
