"use strict";

/**
 * Works off a queue: each message once, and only those that failed come again.
 *
 * SQS delivers at least once. What a message does and that it was done are one transaction in the
 * database, so that a second delivery, even at the same time, does nothing.
 *
 * What Lambda writes to the log is JSON; an object that is logged becomes its "message":
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html
 */

const { once } = require("./database");
const { work } = require("./work");

/**
 * Handle a batch and return which of its messages are to come again.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
exports.handler = async ({ Records: records }) => {
  const failed = [];
  for (const record of records) {
    // after a failure the rest of a FIFO queue would overtake it
    const waits = failed.length > 0 && record.eventSourceARN.endsWith(".fifo");
    if (waits || !(await handled(record))) {
      failed.push({ itemIdentifier: record.messageId });
    }
  }
  return { batchItemFailures: failed };
};

/** Do what a message asks for and return whether that is done, now or before. */
async function handled({ messageId, body, attributes }) {
  const about = { messageId, attempt: Number(attributes.ApproximateReceiveCount) };
  try {
    const isFirst = await once(messageId, (sql) => work(JSON.parse(body), sql));
    console.info({ event: isFirst ? "processed" : "processed before", ...about });
    return true;
  } catch (error) {
    console.error({ event: "failed", ...about, error: error.stack });
    return false;
  }
}
