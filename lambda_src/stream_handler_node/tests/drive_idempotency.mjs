// Runs invocations of idempotency.mjs, whose calls (of the table, of setTimeout, of `process`) the test answers.
// One JSON document for each line: see tests/support/idempotency.py, which writes stdin and reads stdout.
import { register } from "node:module";
import { env, stdin, stdout } from "node:process";
import { createInterface } from "node:readline";

const SDK = `
  export class DynamoDBClient { send({ request }) { return globalThis.sendRequest(request); } }
  export class UpdateItemCommand { constructor(request) { this.request = request; } }
`;
const LOADER = `
  const sdk = "data:text/javascript," + ${JSON.stringify(encodeURIComponent(SDK))};
  export const resolve = (name, context, next) =>
    name === "@aws-sdk/client-dynamodb" ? { url: sdk, shortCircuit: true } : next(name, context);
`;
register(`data:text/javascript,${encodeURIComponent(LOADER)}`);
const { AsyncLocalStorage } = await import("node:async_hooks");
const invocation = new AsyncLocalStorage();

const write = stdout.write.bind(stdout);
// What the function logs is of no interest.
stdout.write = () => true;
const send = (message) => write(`${JSON.stringify(message)}\n`);

const waiting = new Map();
let now = 0;
Date.now = () => now;

function call(kind, data) {
  const of = invocation.getStore();
  send({ of, kind, data });
  return new Promise((resolve, reject) => waiting.set(of, { resolve, reject }));
}

globalThis.sendRequest = (request) => call("update", request);
globalThis.setTimeout = (resolve, milliseconds) => call("sleep", milliseconds / 1000).then(resolve);

const { once, nameOf } = await import("../idempotency.mjs");

async function start({ of, records, end, environment }) {
  Object.assign(env, environment);
  try {
    const context = { getRemainingTimeInMillis: () => Math.max(0, end - now) };
    const processed = once((record) => call("process", record), context);
    for (const record of records) {
      await processed(record);
    }
    send({ of, kind: "ended", data: null });
  } catch ({ name, message }) {
    send({ of, kind: "ended", data: { name, message } });
  }
}

for await (const line of createInterface({ input: stdin })) {
  const message = JSON.parse(line);
  now = message.now ?? now;
  if (message.kind === "start") {
    invocation.run(message.of, () => start(message));
  } else if (message.kind === "name") {
    Object.assign(env, message.environment);
    send({ of: message.of, kind: "ended", data: nameOf(message.record) });
  } else {
    const { resolve, reject } = waiting.get(message.of);
    message.error === undefined ? resolve(message.value) : reject(Object.assign(new Error(), message.error));
  }
}
