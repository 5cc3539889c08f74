"""The modules of the indexer, which ``handler.py`` calls."""
