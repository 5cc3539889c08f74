"""What several test folders share: planning many module blocks at once, and the arguments that every block needs."""
