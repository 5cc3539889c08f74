// As tester.py, in Node.js.
export const handler = async (event) => {
  for (const record of event.Records) {
    const change = record.dynamodb;
    if (change.NewImage?.ask?.S === "raise") throw new Error("asked to raise");
    console.log(JSON.stringify({ processed: change.Keys.id.S, event: record.eventName, keepAlive: process.env.AWS_NODEJS_CONNECTION_REUSE_ENABLED }));
  }
  return { batchItemFailures: [] };
};
