"use strict";

/**
 * The database, by the address that its secret holds now.
 *
 * DATABASE_URL_SECRET says where that is, as ECS does: the secret's ARN, a colon, the member of its
 * JSON, two more colons. The password rotates: connections that are open go on, and who needs a new
 * one reads the secret again.
 */

const fs = require("node:fs");
const path = require("node:path");
const postgres = require("postgres");
// part of the runtime
const { GetSecretValueCommand, SecretsManagerClient } = require("@aws-sdk/client-secrets-manager");

// What becomes of a connection while the instance sleeps, the password rotates or the writer changes:
// https://www.postgresql.org/docs/current/errcodes-appendix.html
const LOST = new Set([
  ...["28P01", "57P01", "57P02", "57P03", "25006"],
  ...["CONNECTION_CLOSED", "CONNECTION_DESTROYED", "CONNECTION_ENDED"],
  ...["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT"],
]);
const SCHEMA = fs.readFileSync(path.join(__dirname, "schema.sql"), "utf8");
const SCHEMA_LOCK = 5150; // any number that nobody else locks

const secrets = new SecretsManagerClient();
let database; // a connection for each instance, which handles one batch at a time

/**
 * Run `work` in a transaction that also remembers the message, unless it is remembered already.
 *
 * @returns whether it ran.
 */
exports.once = (messageId, work) =>
  transaction(async (sql) => {
    const remembered = await sql`
      insert into processed_messages (message_id) values (${messageId})
      on conflict do nothing returning message_id`;
    if (remembered.length === 0) return false;
    await work(sql);
    return true;
  });

async function transaction(work) {
  try {
    return await (await connected()).begin(work);
  } catch (error) {
    // once more by another connection; that it may be done already, the database remembers
    if (!LOST.has(error.code)) throw error;
    forget();
    return (await connected()).begin(work);
  }
}

function forget() {
  database?.end({ timeout: 0 }).catch(() => {});
  database = undefined;
}

async function connected() {
  if (database) return database;
  const opened = postgres(await address(), {
    max: 1,
    // the server's certificate and name, and not only that it speaks TLS; a laptop's speaks none
    ssl: process.env.DATABASE_TLS === "off" ? false : "verify-full",
    connect_timeout: 30, // seconds; a paused database takes half of them to wake
    onnotice: () => {},
  });
  try {
    await opened.begin(async (sql) => {
      // two that create a table at the same time fail
      await sql`select pg_advisory_xact_lock(${SCHEMA_LOCK})`;
      await sql.unsafe(SCHEMA);
    });
  } catch (error) {
    opened.end({ timeout: 0 }).catch(() => {});
    throw error;
  }
  database = opened;
  return database;
}

async function address() {
  const parts = process.env.DATABASE_URL_SECRET.split(":");
  const SecretId = parts.slice(0, 7).join(":");
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId }));
  return JSON.parse(SecretString)[parts[7]];
}
