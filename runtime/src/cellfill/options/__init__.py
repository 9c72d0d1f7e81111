"""Options, each declared once: read by Python, by the command line and by the record."""
