"""The playground: a live network behind a page. Nothing of it is loaded before it is asked for."""
