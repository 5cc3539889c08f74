// Events of a DynamoDB stream: their records, the values in them, the response to Lambda, and the log.
// Behaves like stream.py of the Python functions; lambda_src/vectors.json tests both.
import { stdout } from "node:process";

/** Significant digits that a number of DynamoDB can have (AWS, naming rules and data types). */
const MOST_DIGITS = 38;

const NUMBER = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/;

/** An event, a record or a value that cannot be processed. The text never quotes item data. */
export class StreamError extends Error {
  name = "StreamError";
}

/** Return the records of an event; throws a StreamError if they are not changes of a DynamoDB table. */
export function recordsOf(event) {
  // The last invocation of a tumbling window has a state and no records.
  const records = event.Records ?? ("window" in event ? [] : null);
  if (records === null) {
    throw new StreamError("The event has no Records: it is not an event of a DynamoDB stream");
  }
  // All records of an event have the same source, so the first one is enough.
  for (const { eventSource, EventSource } of records.slice(0, 1)) {
    if (eventSource !== "aws:dynamodb") {
      const service = eventSource || EventSource || "an unnamed source";
      throw new StreamError(`The event has records of ${service}: only records of aws:dynamodb can be processed`);
    }
  }
  return records;
}

/** Return a partial batch response: Lambda sends the records from the lowest of these sequence numbers on again. */
export function response(event, ...failed) {
  const batchItemFailures = failed.map((sequenceNumber) => ({ itemIdentifier: sequenceNumber }));
  // A tumbling window loses its state if an invocation does not return it.
  return "window" in event ? { state: event.state || {}, batchItemFailures } : { batchItemFailures };
}

/** Return the milliseconds until Lambda stops the invocation; outside of Lambda, Infinity. */
export function timeLeft(context) {
  return context?.getRemainingTimeInMillis?.() ?? Infinity;
}

/** Decode the key attributes of a record's item. */
export function keys({ dynamodb }) {
  return decode(dynamodb?.Keys ?? {});
}

/** Decode the item after the change, or return null if it was removed; throws a StreamError if the view type excludes it. */
export function newImage(record) {
  return record.eventName === "REMOVE" ? null : decode(imageOf(record, "NewImage", "NEW_IMAGE"));
}

/** Decode the item before the change, or return null if the item was inserted; throws a StreamError if the view type excludes it. */
export function oldImage(record) {
  return record.eventName === "INSERT" ? null : decode(imageOf(record, "OldImage", "OLD_IMAGE"));
}

function imageOf({ dynamodb: change }, image, needed) {
  if (change?.[image] === undefined) {
    const view = change?.StreamViewType ?? null;
    throw new StreamError(`The record has no ${image}: the stream view type is ${view}, not ${needed} or NEW_AND_OLD_IMAGES`);
  }
  return change[image];
}

/**
 * Convert an image (attribute values by name) to JavaScript values.
 *
 * Binary values stay base64 as in the event, sets become sorted arrays, and no number is rounded: an integer that does
 * not fit a Number becomes a BigInt, and any other such number a string. Throws a StreamError if a value cannot be
 * converted.
 */
export function decode(image) {
  // Not by assignment: an attribute may be called __proto__.
  return Object.fromEntries(Object.entries(mapping(image)).map(([name, value]) => [name, decodeValue(value)]));
}

const KINDS = new Map([
  ["S", string],
  ["N", number],
  ["B", string],
  ["BOOL", (content) => (typeof content === "boolean" ? content : invalidValue())],
  ["NULL", () => null],
  ["M", decode],
  ["L", (values) => list(values).map(decodeValue)],
  ["SS", strings],
  ["NS", (texts) => list(texts).map(parse).sort(byValue).map(({ text }) => number(text))],
  ["BS", strings],
]);

function decodeValue(value) {
  const entries = Object.entries(mapping(value));
  if (entries.length !== 1) {
    invalidValue();
  }
  const [[kind, content]] = entries;
  if (!KINDS.has(kind)) {
    throw new StreamError(`An attribute has the type '${kind}', which is not one of ${[...KINDS.keys()].join(", ")}`);
  }
  return KINDS.get(kind)(content);
}

function invalidValue() {
  throw new StreamError("An attribute has an invalid DynamoDB value: the value does not match its type descriptor");
}

function string(content) {
  return typeof content === "string" ? content : invalidValue();
}

function list(content) {
  return Array.isArray(content) ? content : invalidValue();
}

function mapping(content) {
  return content !== null && typeof content === "object" && !Array.isArray(content) ? content : invalidValue();
}

function strings(texts) {
  // By code points, as Python sorts; JavaScript's own order is that of UTF-16.
  return list(texts).map(string).sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
}

function number(text) {
  const exact = parse(text);
  const rounded = Number(text);
  if (/^-?[0-9]+$/.test(text)) {
    return Number.isSafeInteger(rounded) ? rounded : BigInt(text);
  }
  return Number.isFinite(rounded) && byValue(parse(String(rounded)), exact) === 0 ? rounded : text;
}

/** Return the parts of a number: its significant digits with the sign, and the power of ten that multiplies them. */
function parse(text) {
  const [, sign, whole, fraction = "", power = "0"] = NUMBER.exec(string(text)) ?? invalidValue();
  const all = `${whole}${fraction}`.replace(/^0+/, "");
  const digits = all.replace(/0+$/, "");
  if (digits.length > MOST_DIGITS) {
    throw new StreamError(`A number has more than ${MOST_DIGITS} digits, the maximum of DynamoDB`);
  }
  const exponent = digits === "" ? 0 : Number(power) - fraction.length + all.length - digits.length;
  return { text, digits: BigInt(`${sign}${digits || "0"}`), exponent };
}

function byValue(one, other) {
  const least = Math.min(one.exponent, other.exponent);
  const [left, right] = [one, other].map(({ digits, exponent }) => digits * 10n ** BigInt(exponent - least));
  return left < right ? -1 : Number(left > right);
}

/** Write one JSON line. Lambda filters it by `level`. */
export function log(level, message, fields = {}) {
  const line = { timestamp: new Date().toISOString(), level, message, ...fields };
  const plain = (_, value) => (typeof value === "bigint" ? String(value) : value);
  // Not console.log: Lambda would wrap the line in another JSON object.
  stdout.write(`${JSON.stringify(line, plain)}\n`);
}

/** Return log fields that identify a record: its keys and its sequence number, without other item data. */
export function identity({ eventName = null, dynamodb }) {
  const { Keys: keys = null, SequenceNumber: sequenceNumber = null } = dynamodb ?? {};
  return { eventName, keys, sequenceNumber };
}
