"""What the ingest and the dashboard share of HTTP and WebSocket."""
