// Events of a DynamoDB stream: their records, the values in them, the answer to Lambda, and the log.
// It does what stream.py of the Python functions does; lambda_src/vectors.json holds both to it.
import { stdout } from "node:process";

/** Significant digits that a number of DynamoDB can have (AWS, naming rules and data types). */
const MOST_DIGITS = 38;

/** Milliseconds that Lambda lets a function run at most (AWS, Lambda quotas). */
const LONGEST_TIMEOUT = 900_000;

const NUMBER = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/;

/** An event, a record or a value that cannot be processed; the text says why and quotes nothing of an item. */
export class StreamError extends Error {
  name = "StreamError";
}

/** Give the records of an event; a StreamError if they are not changes of a DynamoDB table. */
export function recordsOf(event) {
  // The last invocation of a tumbling window has a state and no records.
  const records = event.Records ?? ("window" in event ? [] : null);
  if (records === null) {
    throw new StreamError("the event has no Records: it does not come from a DynamoDB stream");
  }
  // Lambda puts records of one source into an event, so the first tells.
  for (const { eventSource, EventSource } of records.slice(0, 1)) {
    if (eventSource !== "aws:dynamodb") {
      const service = eventSource || EventSource || "an unnamed source";
      throw new StreamError(`the event has records of ${service}: only those of aws:dynamodb can be processed`);
    }
  }
  return records;
}

/** Answer Lambda: the records before the lowest of these sequence numbers are done, the others are to come again. */
export function response(event, ...failed) {
  const batchItemFailures = failed.map((sequenceNumber) => ({ itemIdentifier: sequenceNumber }));
  // A tumbling window ends without its state if an invocation does not hand it on.
  return "window" in event ? { state: event.state || {}, batchItemFailures } : { batchItemFailures };
}

/** Return the milliseconds until Lambda stops the invocation; where it is not Lambda, as if it had just begun. */
export function timeLeft(context) {
  return context?.getRemainingTimeInMillis?.() ?? LONGEST_TIMEOUT;
}

/** Decode the key attributes of a record's item. */
export function keys({ dynamodb }) {
  return decode(dynamodb?.Keys ?? {});
}

/** Decode the item after the change, or return null if it was removed; a StreamError if the view type leaves it out. */
export function newImage(record) {
  return record.eventName === "REMOVE" ? null : decode(imageOf(record, "NewImage", "NEW_IMAGE"));
}

/** Decode the item before the change, or return null if there was none; a StreamError if the view type leaves it out. */
export function oldImage(record) {
  return record.eventName === "INSERT" ? null : decode(imageOf(record, "OldImage", "OLD_IMAGE"));
}

function imageOf({ dynamodb: change }, image, needed) {
  if (change?.[image] === undefined) {
    const view = change?.StreamViewType ?? null;
    throw new StreamError(`the record has no ${image}: the stream's view type is ${view}, not ${needed} or both images`);
  }
  return change[image];
}

/**
 * Turn an image, attribute values by name, into JavaScript's values.
 *
 * Binary values stay base64 as the event has them, sets become sorted arrays, and no number is rounded: one that a
 * Number cannot hold is a BigInt, or, if it is no integer, a string of its digits. Throws a StreamError where a value
 * cannot be turned.
 */
export function decode(image) {
  // Not by assignment: an attribute may be called __proto__.
  return Object.fromEntries(Object.entries(mapping(image)).map(([name, value]) => [name, decodeValue(value)]));
}

const KINDS = new Map([
  ["S", string],
  ["N", number],
  ["B", string],
  ["BOOL", (content) => (typeof content === "boolean" ? content : misfit())],
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
    misfit();
  }
  const [[kind, content]] = entries;
  if (!KINDS.has(kind)) {
    throw new StreamError(`an attribute has the type '${kind}', which is none of ${[...KINDS.keys()].join(", ")}`);
  }
  return KINDS.get(kind)(content);
}

function misfit() {
  throw new StreamError("an attribute is not as DynamoDB writes it: its value does not fit its type");
}

function string(content) {
  return typeof content === "string" ? content : misfit();
}

function list(content) {
  return Array.isArray(content) ? content : misfit();
}

function mapping(content) {
  return content !== null && typeof content === "object" && !Array.isArray(content) ? content : misfit();
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

/** Take a number apart: its significant digits, with its sign, and the power of ten that they are multiplied by. */
function parse(text) {
  const [, sign, whole, fraction = "", power = "0"] = NUMBER.exec(string(text)) ?? misfit();
  const all = `${whole}${fraction}`.replace(/^0+/, "");
  const digits = all.replace(/0+$/, "");
  if (digits.length > MOST_DIGITS) {
    throw new StreamError(`a number has more than ${MOST_DIGITS} digits, the most that DynamoDB has`);
  }
  const exponent = digits === "" ? 0 : Number(power) - fraction.length + all.length - digits.length;
  return { text, digits: BigInt(`${sign}${digits || "0"}`), exponent };
}

function byValue(one, other) {
  const least = Math.min(one.exponent, other.exponent);
  const [left, right] = [one, other].map(({ digits, exponent }) => digits * 10n ** BigInt(exponent - least));
  return left < right ? -1 : Number(left > right);
}

/** Write one JSON line; Lambda filters it by its level, and knows its time. */
export function log(level, message, fields = {}) {
  const line = { timestamp: new Date().toISOString(), level, message, ...fields };
  const plain = (_, value) => (typeof value === "bigint" ? String(value) : value);
  // Not console.log: Lambda would wrap the line in another JSON object.
  stdout.write(`${JSON.stringify(line, plain)}\n`);
}

/** Tell a record by its keys and its place in the stream, without its content: fields for `log`. */
export function identity({ eventName = null, dynamodb }) {
  const { Keys: keys = null, SequenceNumber: sequenceNumber = null } = dynamodb ?? {};
  return { eventName, keys, sequenceNumber };
}
