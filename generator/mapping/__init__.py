"""The behavior of an event source mapping on a DynamoDB stream. Nothing here waits, or calls AWS.

Emulators of AWS deliver records but ignore retries, bisect and partial batch responses.
This package does what Lambda does:

``records``             stream records, from the API and in the shape of an event
``settings``            the settings of a mapping, from options, a plan or the Lambda API
``filters``             which records match the filter criteria
``sources``             where the records of a shard processor come from
``shard_processor``     batches, splits, retries, ages and windows
``responses``           what the response of the function means
``invocation_records``  the event that the function gets, and what the on-failure destination gets

What it does was seen on AWS or is documented by it, except where a comment says "assumed".
"""
