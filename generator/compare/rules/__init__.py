"""The rules of a comparison. Each yields findings about two versions of a module."""
