"""The services. `find()` and `NAMES` live here; each service is a row or a file of its own."""
