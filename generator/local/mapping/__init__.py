"""An event source mapping on a DynamoDB stream that behaves like Lambda's, for local use and for tests.

Emulators of AWS deliver records but ignore retries, bisect and partial responses. This package does what Lambda does:

``settings``    what a mapping is told, from options, a plan or the Lambda API
``filters``     which records it passes on
``sources``     where a lane's records come from
``lane``        batches, halves, retries, ages and windows: the core, which neither waits nor calls anything
``responses``   what the function's answer means
``documents``   the event that the function gets, and what the failure destination gets
``simulation``  runs lanes against a model of a function, in simulated time
``stream``      reads a stream through its API
``clocks``      the time, with and without waiting for retries
``poller``      runs lanes against a stream, a function and a destination, through their APIs

What it does was seen on AWS or is documented by it, except where a comment says "assumed".
"""
