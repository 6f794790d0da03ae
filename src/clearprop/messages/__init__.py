"""What is said to people, as data: a key of the catalogues with its values."""
