"""What the tiers share: settings, counting, server processes, the stand-in server, the worker pool."""
