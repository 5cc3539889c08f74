// Processes each record once, as far as possible: a table holds the processed records and leases of the others.
// Imported only if the environment variable IDEMPOTENCY_TABLE is set. README.md describes what is guaranteed.
// Behaves like idempotency.py of stream_handler, with the same states: lambda_src/tests/test_idempotency.py tests both.
import { createHash, randomUUID } from "node:crypto";
import { env } from "node:process";
import { StreamError, identity, log, timeLeft } from "./stream.mjs";

/** Seconds of a lease outside of Lambda, where no timeout ends the invocation. */
const UNLIMITED = 900;
/** Seconds that the clocks of two functions may differ. */
const SKEW = 1;
/** Seconds until TTL may delete a state: as long as a queue can hold the invocation record of a failure. */
const KEPT = 14 * 24 * 3600;
/** Seconds between two attempts to get a lease that another invocation holds. */
const PAUSE = 0.2;
/** Seconds that must remain to wait for a lease. */
const RESERVE = 1;
/** Digits of the longest sequence number (AWS, StreamRecord). Padded to them, numbers sort as text. */
const DIGITS = 40;

/** Condition of a lease. The own lease is free: the SDK repeats a request whose response was lost. */
const FREE =
  "(attribute_not_exists(done) OR done < :sequence) AND " +
  "(attribute_not_exists(leased_until) OR leased_until < :now OR lease = :lease)";
const LEASE_IT = "SET lease = :lease, leased_until = :until, expires = :expires";
/** Condition of what the holder of a lease writes. */
const OWN = "lease = :lease";
const MARK = "SET done = :sequence, expires = :expires REMOVE lease, leased_until";
const RELEASE = "REMOVE lease, leased_until";

/** Another invocation holds the lease of the record, or took it over. */
export class LeaseError extends StreamError {
  name = "LeaseError";
}

let client;

/** Send an UpdateItem with the SDK of the runtime, which is loaded, and whose client is created, at the first one. */
async function updateItem(request) {
  const { DynamoDBClient, UpdateItemCommand } = await import("@aws-sdk/client-dynamodb");
  client ??= new DynamoDBClient({
    maxAttempts: 3,
    // Newer SDKs only warn after requestTimeout, unless they are told to throw; older ones ignore the last option.
    requestHandler: { connectionTimeout: 2000, requestTimeout: 3000, throwOnRequestTimeout: true },
  });
  return client.send(new UpdateItemCommand(request));
}

/**
 * Return the key of the state of a record: that of its event, or with IDEMPOTENCY_SCOPE `item` of its item.
 *
 * Throws a StreamError if the setting is invalid, or the record does not have what the key needs.
 */
export function nameOf(record) {
  const name = env.AWS_LAMBDA_FUNCTION_NAME ?? "";
  const scope = env.IDEMPOTENCY_SCOPE ?? "record";
  if (scope === "record") {
    if (!record.eventID) {
      throw new StreamError("The record has no eventID, which identifies it");
    }
    return `${name}#${record.eventID}`;
  }
  if (scope !== "item") {
    throw new StreamError(`IDEMPOTENCY_SCOPE must be "record" or "item". Got "${scope}"`);
  }
  const { keys } = identity(record);
  if (keys === null || Object.keys(keys).length === 0) {
    throw new StreamError("The record has no Keys, which identify its item");
  }
  // A digest: the state must not show item data.
  const text = canonical([record.eventSourceARN ?? null, keys]);
  return `${name}#${createHash("sha256").update(text).digest("hex")}`;
}

/** Write a value as Python's json.dumps does with sorted keys, so that both functions have the same states. */
function canonical(value) {
  if (Array.isArray(value)) {
    return `[${value.map(canonical).join(", ")}]`;
  }
  if (value !== null && typeof value === "object") {
    const names = Object.keys(value).sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
    return `{${names.map((name) => `${canonical(name)}: ${canonical(value[name])}`).join(", ")}}`;
  }
  const escaped = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(value).replace(/[\x7f-\uffff]/g, escaped);
}

/**
 * Return a function that processes a record unless the table shows that it, or a newer record, is done.
 *
 * Throws a StreamError if no table is named.
 */
export function once(process, context) {
  const table = env.IDEMPOTENCY_TABLE;
  if (!table) {
    throw new StreamError("IDEMPOTENCY_TABLE is empty. Set it to the name of a table, or leave it out");
  }
  return async (record) => {
    const state = new State(table, record);
    if (!(await state.lease(context))) {
      log("INFO", "Record skipped: already processed", identity(record));
      return;
    }
    try {
      await process(record);
      await state.mark();
    } catch (error) {
      // Without the lease, the next attempt does not wait. If this fails as well, the lease expires.
      await state.release().catch(() => {});
      throw error;
    }
  };
}

/** The state of one record, or of its item, in the table. */
class State {
  #request;
  #sequence;
  #lease = randomUUID();

  constructor(table, record) {
    this.#request = { TableName: table, Key: { id: { S: nameOf(record) } } };
    this.#sequence = (identity(record).sequenceNumber ?? "").padStart(DIGITS, "0");
  }

  /**
   * Lease the record until Lambda stops this invocation; return false if the record is done.
   *
   * Waits for the lease of another invocation, and throws a LeaseError if that takes longer than this one can wait.
   */
  async lease(context) {
    for (;;) {
      const [now, left] = [Date.now() / 1000, timeLeft(context) / 1000];
      // Lambda stops the invocation then, so nothing works under an expired lease.
      const until = now + (Number.isFinite(left) ? left : UNLIMITED) + SKEW;
      const values = { ...this.#marked(), ":now": number(now), ":until": number(until) };
      const state = await this.#write(LEASE_IT, FREE, values);
      if (state === null) {
        return true;
      }
      if (this.#done(state)) {
        return false;
      }
      if (left < PAUSE + RESERVE) {
        throw new LeaseError("Another invocation is processing the record, or the state has an unexpired lease");
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE * 1000));
    }
  }

  /** Mark the record as done, and give the lease back; throws a LeaseError if another invocation took it over. */
  async mark() {
    const state = await this.#write(MARK, OWN, this.#marked());
    if (state !== null && !this.#done(state)) {
      throw new LeaseError("The lease expired before the record was processed");
    }
  }

  /** Give the lease back without marking the record. */
  async release() {
    await this.#write(RELEASE, OWN, {});
  }

  #marked() {
    return { ":sequence": { S: this.#sequence }, ":expires": number(Date.now() / 1000 + KEPT) };
  }

  #done(state) {
    return (state.done?.S ?? "") >= this.#sequence;
  }

  /** Write under a condition; return null, or the state if it does not meet the condition. */
  async #write(update, condition, values) {
    try {
      await updateItem({
        ...this.#request,
        UpdateExpression: update,
        ConditionExpression: condition,
        ExpressionAttributeValues: { ...values, ":lease": { S: this.#lease } },
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      });
    } catch (error) {
      if (error.name === "ConditionalCheckFailedException") {
        return error.Item ?? {};
      }
      throw error;
    }
    return null;
  }
}

function number(seconds) {
  return { N: String(Math.trunc(seconds)) };
}
