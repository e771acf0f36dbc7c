"""Results: tables declared once, written so that a crash leaves whole files or none, with a manifest."""
