// A webhook receiver: checks the signature, tells each event once, and answers.
//
//     RECEIVER_SECRET=whsec_… node examples/receiver.mjs 9000
//
// Node's own library only, so that it can be copied into any service. Signatures are those of the
// Standard Webhooks specification (https://github.com/standard-webhooks/standard-webhooks).

import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const TOLERANCE_SECONDS = 300;
const LARGEST_BODY = 1024 * 1024;
const REMEMBERED_IDS = 10_000;

/** The base64 after `whsec_`; a secret of any other form is its own bytes. */
export function keyOf(secret) {
  const coded = secret.startsWith("whsec_") ? secret.slice("whsec_".length) : null;
  const isBase64 = coded !== null && /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(coded);
  return isBase64 ? Buffer.from(coded, "base64") : Buffer.from(secret, "utf8");
}

/** Whether somebody who knows the secret signed exactly this body, a short while ago. */
export function isGenuine(secret, headers, body, nowSeconds) {
  const id = headers["webhook-id"] ?? "";
  const timestamp = headers["webhook-timestamp"] ?? "";
  if (id === "" || !/^[0-9]{1,15}$/.test(timestamp)) return false;
  if (Math.abs(nowSeconds - Number(timestamp)) > TOLERANCE_SECONDS) return false;
  const wanted = createHmac("sha256", keyOf(secret)).update(`${id}.${timestamp}.`).update(body).digest();
  // Several signatures, separated by spaces, are sent while a secret is being replaced.
  return (headers["webhook-signature"] ?? "").split(" ").some((each) => {
    const given = Buffer.from(each.startsWith("v1,") ? each.slice("v1,".length) : "", "base64");
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  });
}

/** A server that tells each new event by `tell`, in one line. */
export function receiver(secret, tell) {
  const seen = new Set();

  function take(headers, body) {
    if (!isGenuine(secret, headers, body, Date.now() / 1000)) return 401;
    // The same id may arrive more than once and must count once.
    if (seen.has(headers["webhook-id"])) return 204;
    let line;
    try {
      const event = JSON.parse(body.toString("utf8"));
      line = `${event.type}: ${event.data.summary}`;
    } catch {
      return 400;
    }
    tell(line);
    seen.add(headers["webhook-id"]);
    if (seen.size > REMEMBERED_IDS) seen.delete(seen.values().next().value);
    return 204;
  }

  return createServer((request, response) => {
    const parts = [];
    let size = 0;
    request.on("data", (part) => {
      size += part.length;
      if (size <= LARGEST_BODY) parts.push(part);
    });
    request.on("end", () => {
      const status = size > LARGEST_BODY ? 413 : take(request.headers, Buffer.concat(parts));
      response.writeHead(status, { "content-length": "0" }).end();
    });
  });
}

const secret = process.env.RECEIVER_SECRET;
if (!secret) {
  console.error("Set RECEIVER_SECRET to the webhook's secret.");
  process.exit(2);
}
const server = receiver(secret, (line) => console.log(line));
server.listen(Number(process.argv[2] ?? 9000), "127.0.0.1", () => {
  console.log(`Listening on http://127.0.0.1:${server.address().port}`);
});
