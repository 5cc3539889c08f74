"""The behavior of an event source mapping on a DynamoDB stream. Nothing here waits, or calls AWS.

Emulators of AWS deliver records, but ignore retries, bisect and partial batch responses. This package implements what
Lambda does:

``records``             stream records, from the API and as in an event
``settings``            the settings of a mapping, from a plan or from the Lambda API
``filters``             filter criteria
``sources``             lists, filters and partitions of records
``shard_processor``     batches, retries, splits, record ages and tumbling windows
``responses``           the response of a function
``invocation_records``  the event for a function, and the invocation record for an on-failure destination

AWS documents this behavior, or it was seen on AWS, except where a comment says "assumed".
"""
