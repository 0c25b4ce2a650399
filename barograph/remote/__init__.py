"""What is stored, read and written over the ingest's HTTP API.

Decision 0055 (docs/decisions/0055-a-lab-over-http.md) says why it asks for keys and blocks.
"""
