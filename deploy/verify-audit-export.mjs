#!/usr/bin/env node
// Verifies an export of the audit trail. Needs only Node.js, the seals and the public key:
//
//   node verify-audit-export.mjs audit.ndjson audit-seals.ndjson PUBLIC_KEY [--complete]
//
// audit.ndjson        GET /audit/export
// audit-seals.ndjson  GET /audit/seals, from a minute before the first entry, fetched a minute after the export
// PUBLIC_KEY          `checkpoint.publicKey` of GET /audit/verification, saved while the service was still trusted;
//                     a later change of the key is followed if that key has signed it
// --complete          the export was not filtered: it must contain every sealed entry between its first and its last
//
// Exit codes: 0 if every entry matches its seal, or came after the last seal and is counted as not proved; 1 if not;
// 64 for wrong usage. docs/audit-format.md describes the format.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

const ID_BYTES = 16;
const MEMBER_BYTES = 48;

const flags = process.argv.slice(2).filter((argument) => argument.startsWith('--'));
const [exportFile, sealsFile, publicKey] = process.argv
  .slice(2)
  .filter((argument) => !argument.startsWith('--'));
if (!publicKey || flags.some((flag) => flag !== '--complete')) {
  console.error('Usage: verify-audit-export.mjs audit.ndjson audit-seals.ndjson PUBLIC_KEY [--complete]');
  process.exit(64);
}
const keyOf = (text) => createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' });
const isSigned = (key, hash, signature) =>
  verify(null, Buffer.from(hash, 'hex'), key, Buffer.from(signature, 'hex'));
let trusted = publicKey;
keyOf(trusted);

/** RFC 8785: members sorted by UTF-16 code units, no white space, numbers and strings as ECMAScript writes them. */
function canonical(value) {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}

const sha256 = (data) => createHash('sha256').update(data).digest('hex');

function broken(message) {
  console.log(`BROKEN: ${message}`);
  process.exit(1);
}

/** Yields the objects of a file, one per line. */
async function* objects(file) {
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    if (line !== '') yield JSON.parse(line);
  }
}

/** Follows the chain. Returns the digests of all sealed entries by id, and the time of the last seal. */
async function verifySeals() {
  const digests = new Map();
  let last = null;
  for await (const { hash, signature, keyChange, ...seal } of objects(sealsFile)) {
    const members = Buffer.from(seal.members, 'base64');
    const change = keyChange && { keyChange: { from: keyChange.from, to: keyChange.to } };
    if (sha256(canonical({ ...seal, ...change, members: sha256(members) })) !== hash) {
      broken(`seal ${seal.number} does not match its own hash`);
    }
    if (keyChange?.from === trusted && isSigned(keyOf(trusted), hash, keyChange.signature)) {
      trusted = keyChange.to;
    }
    if (!isSigned(keyOf(trusted), hash, signature)) {
      broken(`seal ${seal.number} was not signed with this key`);
    }
    if (last && (seal.number !== last.number + 1 || seal.previous !== last.hash)) {
      broken(`seal ${seal.number} does not continue from seal ${last.number}`);
    }
    for (let at = 0; at < members.length; at += MEMBER_BYTES) {
      const id = members.toString('hex', at, at + ID_BYTES);
      digests.set(id, members.toString('hex', at + ID_BYTES, at + MEMBER_BYTES));
    }
    last = { number: seal.number, hash, time: seal.time };
  }
  return { digests, until: last?.time ?? broken('there are no seals') };
}

const { digests, until } = await verifySeals();
const seen = new Set();
let late = 0;
for await (const entry of objects(exportFile)) {
  const id = entry.id.replaceAll('-', '');
  const digest = digests.get(id);
  if (digest === undefined) {
    // Entries after the last seal may still be waiting for one (after an outage, or because of an open transaction).
    if (!(entry.time > until)) broken(`entry ${entry.id} is in none of the seals`);
    late += 1;
    continue;
  }
  if (sha256(canonical(entry)) !== digest) broken(`entry ${entry.id} differs from what was sealed`);
  if (seen.has(id)) broken(`entry ${entry.id} appears twice`);
  seen.add(id);
}

if (flags.includes('--complete')) {
  if (seen.size === 0 && digests.size > 0) broken('none of the sealed entries is in the export');
  // Ids start with their time, so they sort by time.
  const [first, last] = [...seen].reduce(
    ([min, max], id) => [id < min ? id : min, id > max ? id : max],
    ['~', ''],
  );
  for (const id of digests.keys()) {
    if (id > first && id < last && !seen.has(id)) broken(`entry ${id} was sealed and is not in the export`);
  }
}
console.log(`${seen.size} entries match their seals.`);
if (late > 0) console.log(`${late} came after the last seal: not sealed yet, and not proved.`);
