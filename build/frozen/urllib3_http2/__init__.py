"""Replaces `urllib3.http2`, which imports importlib.metadata (2 MB, 15 ms) to look for a package that we never bring."""
