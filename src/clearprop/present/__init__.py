"""How things are shown: formulas, figures, documents, and their writers. It knows no network."""
