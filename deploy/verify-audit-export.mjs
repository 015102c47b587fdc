#!/usr/bin/env node
// Verifies an export of the audit trail. Needs only Node.js, the seals and the public key:
//
//   node verify-audit-export.mjs audit.ndjson audit-seals.ndjson PUBLIC_KEY [--complete]
//   node verify-audit-export.mjs --own FILE PUBLIC_KEY
//
// audit.ndjson        GET /audit/export
// audit-seals.ndjson  GET /audit/seals, from a minute before the first entry, fetched a minute after the export
// PUBLIC_KEY          `checkpoint.publicKey` of GET /audit/verification, saved while the service was still trusted;
//                     a later change of the key is followed if that key has signed it
// --complete          the export was not filtered: it must contain every entry between its first and its last that was
//                     sealed by the time of the last one; those sealed later, from a spool for example, are counted
// --own FILE          GET /users/me/export, which contains the seals of its entries
//
// Exit codes: 0 if every entry matches its seal, or came after the last seal and is counted as not proved; 1 if not;
// 64 for wrong usage. docs/audit-format.md describes the format.
import { createHash, createHmac, createPublicKey, verify } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const [ID_BYTES, MEMBER_BYTES] = [16, 48];
const PERSONAL_DETAILS = ['account', 'auditReason', 'pointers'];
const flags = process.argv.slice(2).filter((argument) => argument.startsWith('--'));
const files = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const isOwn = flags.includes('--own');
if (
  files.length !== (isOwn ? 2 : 3) ||
  flags.length > 1 ||
  !['--own', '--complete', undefined].includes(flags[0])
) {
  console.error('Usage: verify-audit-export.mjs audit.ndjson audit-seals.ndjson PUBLIC_KEY [--complete]');
  console.error('       verify-audit-export.mjs --own FILE PUBLIC_KEY');
  process.exit(64);
}
const keyOf = (text) => createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' });
const isSigned = (key, hash, signature) =>
  verify(null, Buffer.from(hash, 'hex'), key, Buffer.from(signature, 'hex'));
let trusted = files.at(-1);
keyOf(trusted);

/** RFC 8785: members sorted by UTF-16 code units, no white space, numbers and strings as ECMAScript writes them. */
function canonical(value) {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}

const sha256 = (data) => createHash('sha256').update(data).digest('hex');
const leafHash = (data) => sha256(Buffer.concat([Buffer.of(0), data]));
const nodeHash = (left, right) => sha256(Buffer.from(`01${left}${right}`, 'hex'));
const largestPowerOfTwoBelow = (size) => 2 ** Math.floor(Math.log2(size - 1));

/** RFC 9162, section 2.1.1. */
function rootOf(leaves) {
  if (leaves.length < 2) return leaves.length === 0 ? sha256('') : leafHash(leaves[0]);
  const split = largestPowerOfTwoBelow(leaves.length);
  return nodeHash(rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)));
}

/** The root that a path, whose last hash is next to the root, gives for one leaf of a tree (section 2.1.3). */
function rootFrom(hash, index, size, path) {
  if (size === 1) return path.length === 0 ? hash : null;
  const split = largestPowerOfTwoBelow(size);
  const [below, sibling] = [path.slice(0, -1), path.at(-1)];
  if (index >= split) return nodeHash(sibling, rootFrom(hash, index - split, size - split, below));
  return nodeHash(rootFrom(hash, index, split, below), sibling);
}

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

const isPersonal = ([name]) => PERSONAL_DETAILS.includes(name);

/** The digest of an entry. In format 2, commitments take the place of its personal members. */
function digestOf({ proof, ...entry }) {
  if (!proof) return sha256(canonical(entry));
  const { address, userAgent, details, ...rest } = entry;
  const members = Object.entries(details ?? {});
  const personal = members.some(isPersonal) ? Object.fromEntries(members.filter(isPersonal)) : null;
  if (proof.originCommitment && (address ?? userAgent) !== null)
    broken(`entry ${entry.id} was not erased completely`);
  if (proof.detailsCommitment && personal) broken(`entry ${entry.id} was not erased completely`);
  const commit = (salt, value) => {
    if (!/^[0-9a-f]{32}$/.test(salt)) broken(`entry ${entry.id} has no valid salt`);
    return createHmac('sha256', Buffer.from(salt, 'hex')).update(canonical(value)).digest('hex');
  };
  rest.details = details && Object.fromEntries(members.filter((member) => !isPersonal(member)));
  rest.originCommitment = proof.originCommitment ?? commit(proof.originSalt, { address, userAgent });
  rest.detailsCommitment = proof.detailsCommitment ?? (personal && commit(proof.detailsSalt, personal));
  return sha256(canonical(rest));
}

/** Checks the hash of a seal, in which `members` or `root` stands for the entries. */
function verifyHash({ hash, signature: _signature, keyChange, ...statement }) {
  const change = keyChange && { keyChange: { from: keyChange.from, to: keyChange.to } };
  if (sha256(canonical({ ...statement, ...change })) !== hash)
    broken(`seal ${statement.number} does not match its own hash`);
}

/** Checks the hash and the signature of the next seal. */
function verifySeal(seal) {
  verifyHash(seal);
  const { number, hash, signature, keyChange } = seal;
  if (keyChange?.from === trusted && isSigned(keyOf(trusted), hash, keyChange.signature))
    trusted = keyChange.to;
  if (!isSigned(keyOf(trusted), hash, signature)) broken(`seal ${number} was not signed with this key`);
}

/** Follows the chain. Returns the digest and the time of sealing of all entries by id, and the time of the last seal. */
async function verifySeals() {
  const sealed = new Map();
  let last = null;
  for await (const { members: text, ...seal } of objects(files[1])) {
    const members = Buffer.from(text, 'base64');
    const leaves = [];
    for (let at = 0; at < members.length; at += MEMBER_BYTES)
      leaves.push(members.subarray(at, at + MEMBER_BYTES));
    verifySeal(seal.format === 2 ? { ...seal, root: rootOf(leaves) } : { ...seal, members: sha256(members) });
    if (last && (seal.number !== last.number + 1 || seal.previous !== last.hash)) {
      broken(`seal ${seal.number} does not continue from seal ${last.number}`);
    }
    for (const leaf of leaves)
      sealed.set(leaf.toString('hex', 0, ID_BYTES), {
        digest: leaf.toString('hex', ID_BYTES),
        at: seal.time,
      });
    last = seal;
  }
  return { sealed, until: last?.time ?? broken('there are no seals') };
}

/**
 * Checks seals of which some are not there. Each change of the key is signed with both keys, so that whoever trusts one of them
 * trusts the other for the seals on its side of the change.
 */
function verifySome(seals) {
  const ordered = [...seals].sort((a, b) => a.number - b.number);
  const changes = ordered.flatMap(({ keyChange }) => keyChange ?? []);
  const keys = changes.length === 0 ? [trusted] : [changes[0].from, ...changes.map(({ to }) => to)];
  let key = keys.includes(trusted) ? keys.shift() : trusted;
  for (const seal of ordered) {
    verifyHash(seal);
    const { number, hash, signature, keyChange } = seal;
    // One that the former key has not signed must not make the other key count as trusted.
    const isChanged = keyChange?.from === key && isSigned(keyOf(key), hash, keyChange.signature);
    if (isChanged) key = keys.shift();
    if ((keyChange && !isChanged) || !isSigned(keyOf(key), hash, signature))
      broken(`seal ${number} was not signed with this key`);
  }
}

function verifyOwn({ entries, seals }) {
  const byNumber = new Map(seals.map((seal) => [seal.number, seal]));
  verifySome(seals);
  let proved = 0;
  for (const { inclusion, ...entry } of entries) {
    if (!inclusion) continue;
    const { root, events, calls } = byNumber.get(inclusion.seal) ?? broken(`entry ${entry.id} has no seal`);
    const leaf = leafHash(Buffer.from(entry.id.replaceAll('-', '') + digestOf(entry), 'hex'));
    if (rootFrom(leaf, inclusion.index, events + calls, inclusion.path) !== root) {
      broken(`entry ${entry.id} differs from what was sealed`);
    }
    proved += 1;
  }
  console.log(`${proved} entries match their seals.`);
  const rest = entries.length - proved;
  if (rest > 0) console.log(`Not sealed yet, or of format 1, and therefore not proved: ${rest}.`);
}

async function verifyExport() {
  const { sealed, until } = await verifySeals();
  const [seen, erasedPeople] = [new Set(), new Set()];
  /** @type {any[]} */
  const erasedEntries = [];
  let [late, first, last, lastTime] = [0, '~', '', ''];
  for await (const entry of objects(files[0])) {
    const id = entry.id.replaceAll('-', '');
    const digest = sealed.get(id)?.digest;
    if (digest === undefined) {
      // Entries after the last seal may still be waiting for one (after an outage, or because of an open transaction).
      if (!(entry.time > until)) broken(`entry ${entry.id} is in none of the seals`);
      late += 1;
      continue;
    }
    if (digestOf(entry) !== digest) broken(`entry ${entry.id} differs from what was sealed`);
    if (seen.has(id)) broken(`entry ${entry.id} appears twice`);
    seen.add(id);
    if (entry.proof?.originCommitment ?? entry.proof?.detailsCommitment) erasedEntries.push(entry);
    if (entry.type === 'personal_data_erased') erasedPeople.add(entry.userId);
    // An erasure that explains an entry is exported whatever the range. Ids start with their time, so they sort by time.
    else {
      if (id < first) first = id;
      if (id > last) [last, lastTime] = [id, entry.time];
    }
  }
  let absent = 0;
  for (const entry of erasedEntries) {
    const owners = [
      ...(entry.proof.originCommitment ? [entry.details?.actorId ?? entry.userId] : []),
      ...(entry.proof.detailsCommitment ? [entry.userId] : []),
    ];
    if (!owners.every((id) => erasedPeople.has(id)))
      broken(`entry ${entry.id} lost members without an erasure`);
  }
  if (flags.includes('--complete')) {
    if (seen.size === 0 && sealed.size > 0) broken('none of the sealed entries is in the export');
    for (const [id, { at }] of sealed) {
      if (id < first || id > last || seen.has(id)) continue;
      // What was sealed by then was in the trail when the export was made.
      if (!(at > lastTime)) broken(`entry ${id} was sealed and is not in the export`);
      absent += 1;
    }
  }
  console.log(`${seen.size} entries match their seals.`);
  if (erasedEntries.length > 0)
    console.log(`${erasedEntries.length} of them are erased: their personal members no longer exist.`);
  if (absent > 0)
    console.log(
      `Sealed after the last entry of the export, and not in it: ${absent}. They may have come later.`,
    );
  if (late > 0) console.log(`${late} came after the last seal: not sealed yet, and not proved.`);
}

await (isOwn ? verifyOwn(JSON.parse(readFileSync(files[0], 'utf8')).trail) : verifyExport());
