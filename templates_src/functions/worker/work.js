"use strict";

/**
 * What a message asks for: the part to replace.
 *
 * @param message what was sent, parsed.
 * @param sql the transaction in which it counts as done; whatever else is done here, such as
 *   sending a mail, happens again if the transaction fails.
 */
exports.work = async (message, sql) => {
  const { recipient, text } = message;
  if (typeof recipient !== "string" || typeof text !== "string") {
    throw new Error("message: recipient or text is missing; send both as strings");
  }
  await sql`insert into notifications (recipient, text) values (${recipient}, ${text})`;
};
