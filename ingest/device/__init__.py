"""The device's side: record, spool, send. It knows nothing of the server."""
