"""The sheet of a report: document, style, and the addresses of reports."""
