// A function behind a DynamoDB stream: write `process`, and leave the order and the failures to `handler`.
import { stdout } from "node:process";

/**
 * Do your work with one change of an item; throw (or reject) if it cannot be done.
 *
 * Throwing stops the batch here: Lambda tries this record and those behind it again, and gives up on it as the
 * event source mapping says. Records come at least once, so the same record may come twice.
 */
export async function process(record) {
  log("INFO", "record", record);
}

/**
 * Process the records of a batch in stream order, up to the first that fails, and report that one.
 *
 * Needs `ReportBatchItemFailures` in the event source mapping; without it, a reported failure is lost.
 * Throws a TypeError if the event is not one of a DynamoDB stream: none of its records was processed.
 */
export async function handler(event, context) {
  return processBatch(event, context, process);
}

/** What `handler` does, with the function that processes a record given; tests of your own may use it. */
export async function processBatch(event, context, processRecord) {
  const batchItemFailures = [];
  for (const record of recordsOf(event)) {
    try {
      // One after the other: the order of a key's changes is the order of its records.
      await processRecord(record);
    } catch (error) {
      log("ERROR", "record failed", record, { ...describe(error), requestId: context?.awsRequestId ?? null });
      batchItemFailures.push({ itemIdentifier: record.dynamodb?.SequenceNumber ?? null });
      break;
    }
  }
  // A tumbling window ends without its state if an invocation does not hand it on.
  return "window" in event ? { state: event.state || {}, batchItemFailures } : { batchItemFailures };
}

/** Give the records of an event, which must all be changes of a DynamoDB table. */
function recordsOf(event) {
  // The last invocation of a tumbling window has a state and no records.
  const records = event.Records ?? ("window" in event ? [] : null);
  if (records === null) {
    throw new TypeError("the event has no Records: it does not come from a DynamoDB stream");
  }
  for (const { eventSource, EventSource } of records) {
    if (eventSource !== "aws:dynamodb") {
      const service = eventSource || EventSource || "an unnamed source";
      throw new TypeError(`the event has a record of ${service}: only those of aws:dynamodb can be processed`);
    }
  }
  return records;
}

/** Tell an error's type and place; its message is left out, as it may quote the record. */
function describe(error) {
  const place = /^ {4}at .*?([^/\\( ]+:\d+):\d+\)?$/m.exec(error?.stack);
  return { error: error?.name ?? typeof error, at: place?.[1] ?? null };
}

/** Write one JSON line that tells a record by its keys and never shows its content. */
function log(level, message, { eventName = null, dynamodb }, more = {}) {
  const { Keys: keys = null, SequenceNumber: sequenceNumber = null } = dynamodb ?? {};
  const line = { timestamp: new Date().toISOString(), level, message, eventName, keys, sequenceNumber, ...more };
  // Not console.log: Lambda would wrap the line in another JSON object.
  stdout.write(`${JSON.stringify(line)}\n`);
}
