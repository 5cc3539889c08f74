"""What operators do with a pipeline: get failed records back from its failure destination, and fill from the past.

``documents``     what a failure destination holds: documents that say where in the stream the failed records are
``destinations``  where documents lie: an SQS queue, a prefix of an S3 bucket, a file
``targets``       what they are about: the mapping, its function and its stream, from Terraform or the Lambda API
``ranges``        documents whose records are read together, so that each range of a stream is read once
``reading``       records back from a stream, gently
``fetching``      the records of documents, in order, and what is to become of each document
``items``         the table's items as they are now, beside what a record says of them
``invoking``      records to the function, as the mapping sends them: batches, partial responses, halves
``journal``       what is done already, so that a run that was stopped goes on where it was
``redrive``       the verbs: list, fetch, replay, reconcile
``backfill``      the items of a table to a function, as if each had just been written
``policy``        the permissions that all of it needs
``report``        what came of it, for people and programs
``command``       the command line
"""
