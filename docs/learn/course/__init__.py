"""Builds the course from its sources; see ../CONTRIBUTING.md."""
