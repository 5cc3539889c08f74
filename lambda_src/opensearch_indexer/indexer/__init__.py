"""What the indexer is made of, one module for each question; ``handler.py`` beside this folder calls them."""
