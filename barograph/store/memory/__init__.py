"""Archive and live feed in memory: the same semantics as the real servers, under the same contract tests."""
