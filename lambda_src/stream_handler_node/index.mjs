// A function that processes a DynamoDB stream: write `process`; `handler` keeps the order and reports failures.
import { env } from "node:process";
import { StreamError, identity, log, recordsOf, response, timeLeft } from "./stream.mjs";

/** Milliseconds that must remain, in addition to the time of the slowest record so far, to start another record. */
const MARGIN = 500;

/**
 * Process one change of an item; throw (or reject) if that fails.
 *
 * `keys`, `newImage` and `oldImage` of `stream.mjs` decode the record. If you throw, Lambda retries this record and the
 * records behind it, until the settings of the event source mapping discard it. Lambda sends records at least once, so
 * this function must be idempotent, or `IDEMPOTENCY_TABLE` must be set (README.md).
 */
export async function process(record) {
  // To see what happens to a failing record, write an item with this attribute.
  if (record.dynamodb.NewImage?.poison !== undefined) {
    throw new StreamError("The item is marked to fail");
  }
  log("INFO", "Record processed", identity(record));
}

/**
 * Process the records of a batch in stream order, up to the first failing record, and report that record.
 *
 * Also stops if the remaining time is too short for another record: Lambda sends the remaining records again at once.
 * Requires `ReportBatchItemFailures` in the event source mapping; without it, Lambda ignores reported failures. Throws a
 * StreamError if the event is not an event of a DynamoDB stream; no record was processed then.
 */
export async function handler(event, context) {
  return processBatch(event, context, process);
}

/** Like `handler`, with the function that processes a record as an argument, for your own tests. */
export async function processBatch(event, context, processRecord) {
  let now = performance.now();
  const deadline = now + timeLeft(context) - MARGIN;
  // The first record is always processed: a batch that stops before it would never advance.
  let [slowest, latest] = [0, Infinity];
  if (env.IDEMPOTENCY_TABLE !== undefined) {
    // Nothing of it is loaded unless it is wanted.
    const { once } = await import("./idempotency.mjs");
    processRecord = once(processRecord, context);
  }
  for (const record of recordsOf(event)) {
    if (now > latest) {
      log("WARN", "Stopped before the timeout", identity(record));
      return response(event, identity(record).sequenceNumber);
    }
    try {
      // One after the other keeps the order of the changes of an item.
      await processRecord(record);
    } catch (error) {
      const requestId = context?.awsRequestId ?? null;
      log("ERROR", "Record processing failed", { ...identity(record), ...describe(error, record), requestId });
      return response(event, identity(record).sequenceNumber);
    }
    const before = now;
    now = performance.now();
    slowest = Math.max(slowest, now - before);
    latest = deadline - slowest;
  }
  return response(event);
}

/** Return log fields for an error: its type and place, and with LOG_CONTENT `true` its message and the record. */
function describe(error, record) {
  const place = /^ {4}at .*?([^/\\( ]+:\d+):\d+\)?$/m.exec(error?.stack);
  const fields = { error: error?.name ?? typeof error, at: place?.[1] ?? null };
  if (env.LOG_CONTENT === "true") {
    return { ...fields, reason: error?.message ?? String(error), record };
  }
  return error instanceof StreamError ? { ...fields, reason: error.message } : fields;
}
