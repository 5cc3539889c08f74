"""What ``redrive`` touches, modeled as a whole, and what must hold whatever happens.

``clock``         the time, which passes where somebody waits
``account``       the services of one account in one region, and the log of all that happens to them
``queues``        SQS
``tables``        DynamoDB and DynamoDB Streams
``functions``     Lambda: functions, and the mappings that give records up
``buckets``       S3
``process``       the command line as a process that makes one call at a time, and can be stopped at each
``clients``       boto3's own clients, answered by the account
``scenario``      a pipeline with two functions, and everything that can happen to it
``invariants``    what must hold of every run
``wire``          the protocols in which AWS speaks over HTTP
``server``        the account over HTTP, for real processes
"""
