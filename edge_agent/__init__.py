"""edge-agent: keep DNS names pointing at boxes whose address changes. Only the version lives here."""

__version__ = "0.1.0"
