"""POLICY: how stages are cached, retried, timed out, and what the UI shows of them."""
