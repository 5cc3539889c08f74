// Runs the handler on the vectors (a JSON file, the first argument) and writes what it did, as JSON, to the second.
import { readFileSync, writeFileSync } from "node:fs";
import { argv, stdout } from "node:process";
import { process, processBatch, handler } from "../index.mjs";

class Poison extends Error {
  name = "Poison";
}

const write = stdout.write.bind(stdout);
const results = {};
for (const { name, event, fails } of JSON.parse(readFileSync(argv[2], "utf8"))) {
  const result = { processed: [], output: "" };
  stdout.write = (text) => (result.output += text);
  const processRecord = async (record) => {
    result.processed.push(record.dynamodb.SequenceNumber);
    // A handler that does not wait would hand on the next record before this one fails.
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (fails.includes(record.dynamodb.SequenceNumber)) {
      throw new Poison(JSON.stringify(record));
    }
    await process(record);
  };
  const context = { awsRequestId: "request-1" };
  try {
    // Where nothing fails, the exported handler itself must do: Lambda calls no other.
    result.response = await processBatch(event, context, processRecord);
    if (fails.length === 0) {
      const { output } = result;
      result.handlerResponse = await handler(event, context);
      result.handlerOutput = result.output.slice(output.length);
      result.output = output;
    }
  } catch (error) {
    result.error = error.message;
  }
  results[name] = result;
}
stdout.write = write;
writeFileSync(argv[3], JSON.stringify(results));
