"""The figures, a module for each page: `page_01.name(…)` becomes figures/01-name.svg."""
