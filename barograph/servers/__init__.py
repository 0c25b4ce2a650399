"""The embedded servers: a real mongod and redis-server on a data directory."""
