// A function behind a DynamoDB stream: write `process`, and leave the order and the failures to `handler`.
import { env } from "node:process";
import { StreamError, identity, log, recordsOf, response, timeLeft } from "./stream.mjs";

/** Milliseconds that must be left, beside what the slowest record so far took, for one more to be begun. */
const MARGIN = 500;

/**
 * Do your work with one change of an item; throw (or reject) if it cannot be done.
 *
 * `keys`, `newImage` and `oldImage` of `stream.mjs` decode what is in the record. Throwing stops the batch here: Lambda tries this record and those behind it again, and gives up on it as the
 * event source mapping says. Records come at least once, so the same record may come twice.
 */
export async function process(record) {
  // So that you can see what becomes of a record that fails: write an item with this attribute.
  if (record.dynamodb.NewImage?.poison !== undefined) {
    throw new StreamError("the item has the attribute poison");
  }
  log("INFO", "record", identity(record));
}

/**
 * Process the records of a batch in stream order, up to the first that fails, and report that one.
 *
 * Stops likewise when the time left would not do for another record: those behind it come again at once, and what is
 * done is not repeated. Needs `ReportBatchItemFailures` in the event source mapping; without it, a reported failure is
 * lost. Throws a StreamError if the event is not one of a DynamoDB stream: none of its records was processed.
 */
export async function handler(event, context) {
  return processBatch(event, context, process);
}

/** What `handler` does, with the function that processes a record given; tests of your own may use it. */
export async function processBatch(event, context, processRecord) {
  let now = performance.now();
  const deadline = now + timeLeft(context) - MARGIN;
  // The first record is always tried: a batch that stops before it would not get on.
  let [slowest, latest] = [0, Infinity];
  for (const record of recordsOf(event)) {
    if (now > latest) {
      log("WARN", "stopped before the timeout", identity(record));
      return response(event, identity(record).sequenceNumber);
    }
    try {
      // One after the other: the order of a key's changes is the order of its records.
      await processRecord(record);
    } catch (error) {
      const requestId = context?.awsRequestId ?? null;
      log("ERROR", "record failed", { ...identity(record), ...describe(error, record), requestId });
      return response(event, identity(record).sequenceNumber);
    }
    const before = now;
    now = performance.now();
    slowest = Math.max(slowest, now - before);
    latest = deadline - slowest;
  }
  return response(event);
}

/** Tell an error's type and place; what may quote the record is left out, unless LOG_CONTENT is `true`. */
function describe(error, record) {
  const place = /^ {4}at .*?([^/\\( ]+:\d+):\d+\)?$/m.exec(error?.stack);
  const told = { error: error?.name ?? typeof error, at: place?.[1] ?? null };
  if (env.LOG_CONTENT === "true") {
    return { ...told, reason: error?.message ?? String(error), record };
  }
  return error instanceof StreamError ? { ...told, reason: error.message } : told;
}
