"""One network for several targets of a table."""
