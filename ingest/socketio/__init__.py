"""Socket.IO for the predecessor's clients, by WebSocket and long-polling."""
