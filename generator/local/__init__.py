"""An emulated AWS in which the module runs: emulators, the event poller and the demo."""
