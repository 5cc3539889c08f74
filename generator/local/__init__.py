"""A local AWS in which the module runs: emulators, and what an event source mapping does. `build` needs none of it."""
