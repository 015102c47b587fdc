import { plainToInstance } from 'class-transformer';
import { type ValidationError, validateSync } from 'class-validator';
import {
  isNoPassword,
  parseForeignHash,
} from '../../auth/credentials/passwords/foreign/parse-foreign-hash.js';
import {
  type ForeignHash,
  type RawHash,
  UnusableHash,
} from '../../auth/credentials/passwords/foreign/foreign-hash.js';
import type { StoredHash } from '../../auth/credentials/passwords/stored-hash.js';
import { ImportedAccountDto, type TransferredRecoveryCode } from './imported-account.dto.js';

/** Characters of the longest line. Real ones have a few hundred; one with the most and longest factors has about 95,000. */
export const MAX_LINE = 128 * 1024;

const OWN_HASH = /^\$2b\$(0[4-9]|1[0-5])\$[./A-Za-z0-9]{53}$/;
const KEY_ID = /^[0-9a-f]{16}$/;
const DIGEST = /^[0-9a-f]{64}$/;

/** An account of a file, valid by itself. */
export interface ImportRow {
  readonly account: ImportedAccountDto;
  /** A hash of this service, or one of another system; null without a password. */
  readonly password: (StoredHash & { readonly kind: 'own' }) | ForeignHash | RawHash | null;
  readonly recoveryCodes: readonly TransferredRecoveryCode[];
}

/** A valid line and its number. */
export interface NumberedRow extends ImportRow {
  readonly line: number;
}

/** A line that cannot be imported; the message says why, and contains no value of it. */
export class FaultyRow extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'FaultyRow';
  }
}

/** Reads one line. Throws {@link FaultyRow}. */
export function parseImportRow(line: string): ImportRow {
  const plain = objectOf(line);
  const { totpSecret } = plain;
  const account = accountOf({
    ...plain,
    ...(typeof totpSecret === 'string' && { totpSecret: [totpSecret] }),
  });
  const errors = validateSync(account, { whitelist: true, forbidNonWhitelisted: true });
  const messages = errors.flatMap(messagesOf);
  if (messages.length > 0) throw new FaultyRow(messages.join('; '));
  const password = passwordOf(account.passwordHash);
  if (account.invited && (password !== null || hasFactors(account)))
    throw new FaultyRow('an invited account has no password and no second factors until its owner accepts');
  return { account, password, recoveryCodes: codesOf(account) };
}

/** The library calls members such as `constructor` of a nested object. */
function accountOf(plain: object): ImportedAccountDto {
  try {
    return plainToInstance(ImportedAccountDto, plain);
  } catch {
    throw new FaultyRow('the line has a member that is not accepted');
  }
}

function messagesOf({ property, constraints = {}, children = [] }: ValidationError): string[] {
  const nested = children.flatMap(messagesOf).map((message) => `${property}: ${message}`);
  return [...Object.values(constraints), ...nested];
}

function objectOf(line: string): Record<string, unknown> {
  if (line.length > MAX_LINE) throw new FaultyRow(`the line is longer than ${MAX_LINE} characters`);
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new FaultyRow('the line is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new FaultyRow('the line is not a JSON object');
  return { ...value };
}

function hasFactors({ totpSecret, passkeys, recoveryCodes }: ImportedAccountDto): boolean {
  return [totpSecret, passkeys, recoveryCodes].some((list) => (list?.length ?? 0) > 0);
}

function passwordOf(value: unknown): ImportRow['password'] {
  if (value === undefined || isNoPassword(value)) return null;
  const { pepperId, hash } = value as Partial<Record<string, unknown>>;
  if (pepperId !== undefined) {
    if (
      typeof pepperId !== 'string' ||
      !KEY_ID.test(pepperId) ||
      typeof hash !== 'string' ||
      !OWN_HASH.test(hash)
    )
      throw new FaultyRow('passwordHash: the hash of this service is malformed');
    return { kind: 'own', pepperId, hash };
  }
  try {
    return parseForeignHash(value);
  } catch (error) {
    if (error instanceof UnusableHash) throw new FaultyRow(`passwordHash: ${error.message}`);
    throw error;
  }
}

function codesOf({ recoveryCodes = [], id }: ImportedAccountDto): TransferredRecoveryCode[] {
  if (recoveryCodes.length > 0 && id === undefined)
    throw new FaultyRow('recoveryCodes are bound to the id of the account, which is missing');
  const codes = recoveryCodes.map((code) => {
    const { keyId, digest } = (code ?? {}) as Partial<Record<string, unknown>>;
    if (
      typeof keyId !== 'string' ||
      !KEY_ID.test(keyId) ||
      typeof digest !== 'string' ||
      !DIGEST.test(digest)
    )
      throw new FaultyRow('recoveryCodes must be objects with keyId and digest');
    return { keyId, digest };
  });
  if (new Set(codes.map(({ digest }) => digest)).size < codes.length)
    throw new FaultyRow('recoveryCodes must differ from each other');
  return codes;
}
