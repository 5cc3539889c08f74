"""Operates a deployed pipeline: replays records that Lambda discarded, and sends the items of a table to a function.

The way of a discarded record, from the message about it to the function:

1. ``destinations`` reads a message, and ``messages`` turns it into an ``InvocationRecord``: which records of which
   shard, for which function. What is none becomes an ``UnrecognizedMessage``, and nothing changes it.
2. ``matching`` groups those that share a range of a shard, reads the range with ``stream_reader``, and returns each
   as a ``MessageMatch``: with its ``StreamRecord``s, or with the reason why they are not known.
3. ``replay`` writes each record that is not processed yet to disk as a ``PendingRecord``, and reads them in batches.
4. ``items`` reads the current items of a batch from the table. Records of items that have changed since are left out.
5. ``sender`` invokes the function and returns a ``RecordOutcome`` for each record.
6. ``tracker`` writes the processed ones to the ``journal``, counts all of them in a ``Summary``, and deletes a message
   with its last record.

``reconcile`` replaces the records of an item by its current state between the steps 3 and 5. ``backfill`` takes the
records from a scan of the table instead. ``references`` finds the mapping and the destination, ``policy`` prints the
permissions, ``report`` the results, and ``cli`` and ``commands`` are the command line. Nothing here imports the
emulator or the simulator.
"""
