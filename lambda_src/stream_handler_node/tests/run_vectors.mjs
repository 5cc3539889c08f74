// Runs the handler on the vectors (a JSON file, the first argument) and writes what it did, as JSON, to the second.
import { readFileSync, writeFileSync } from "node:fs";
import { argv, env, stdout } from "node:process";
import { process, processBatch, handler } from "../index.mjs";
import { decode, keys, newImage, oldImage } from "../stream.mjs";

class Poison extends Error {
  name = "Poison";
}

const { batches, values, secret } = JSON.parse(readFileSync(argv[2], "utf8"));
const write = stdout.write.bind(stdout);
const results = {};
for (const vector of batches) {
  results[vector.name] = await run(vector);
}
stdout.write = write;
const decoded = Object.fromEntries(values.map(({ name, value }) => [name, attempt(value)]));
writeFileSync(argv[3], JSON.stringify({ batches: results, values: decoded }));

async function run({ event, left, reads, fails, environment }) {
  const result = { processed: [], read: [], output: "" };
  stdout.write = (text) => (result.output += text);
  const processRecord = async (record) => {
    const number = record.dynamodb.SequenceNumber ?? null;
    result.processed.push(number);
    // A handler that does not wait would hand on the next record before this one fails.
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (reads !== null) {
      result.read.push(plain({ keys, newImage, oldImage }[reads](record)));
    }
    if (fails.includes(number)) {
      throw new Poison(secret);
    }
    await process(record);
  };
  const context = { awsRequestId: "request-1", getRemainingTimeInMillis: () => left?.[0] ?? 900_000 };
  const { now } = performance;
  if (left !== null) {
    const times = left.map((milliseconds) => left[0] - milliseconds);
    performance.now = () => times.shift();
  }
  Object.assign(env, environment);
  try {
    result.response = await processBatch(event, context, processRecord);
    // Where nothing fails, the exported handler itself must do: Lambda calls no other.
    if (fails.length === 0 && left === null && reads === null) {
      const { output } = result;
      result.handlerResponse = await handler(event, context);
      result.handlerOutput = result.output.slice(output.length);
      result.output = output;
    }
  } catch (error) {
    result.error = error.message;
  }
  performance.now = now;
  Object.keys(environment).forEach((name) => delete env[name]);
  return result;
}

function attempt(value) {
  try {
    return { decoded: plain(decode({ attribute: value }).attribute), type: typeof decode({ attribute: value }).attribute };
  } catch (error) {
    return { error: error.message };
  }
}

/** Write a decoded value as the vectors do. */
function plain(value) {
  if (typeof value === "number" || typeof value === "bigint") {
    return { $number: String(value) };
  }
  if (Array.isArray(value)) {
    return value.map(plain);
  }
  return value !== null && typeof value === "object"
    ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]))
    : value;
}
