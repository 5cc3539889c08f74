"""How fast the generator and the module are, as ratios of two things measured side by side in one run."""
