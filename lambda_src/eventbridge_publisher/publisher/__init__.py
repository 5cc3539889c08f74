"""The modules of the publisher, which ``handler.py`` calls."""
