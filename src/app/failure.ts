import { WorkerFailed } from './workers.js';
import { ConfigurationFault, EXIT_CONFIG } from '../platform/config/configuration-fault.js';
import { isFileError, StartFault } from '../platform/config/start-fault.js';
import { LockNotAvailable, StartInterrupted } from '../platform/database/advisory-lock.js';
import { TableInUse } from '../platform/database/brief-lock.js';

/** The reason why a process ends: its exit code, and lines for stderr. */
export interface Failure {
  readonly exitCode: number;
  readonly lines: readonly string[];
}

const UNTRUSTED = 'the certificate of the server is not trusted; name its authority in NODE_EXTRA_CA_CERTS';

/** Common causes of a failed start, by error code of the system or of PostgreSQL; shown instead of a stack trace. */
const STARTUP_ERRORS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the server closed the connection',
  EPIPE: 'the server closed the connection',
  ENOTFOUND: 'host not found',
  EAI_AGAIN: 'the host name cannot be resolved at the moment',
  ETIMEDOUT: 'the host does not respond',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the host cannot be reached',
  '28P01': 'the role or its password was rejected',
  '28000': 'the role is not allowed to connect from this host',
  '42501':
    'the role lacks a privilege. The role of DATABASE_MIGRATION_URL creates the tables, at the start or by a migration that is run before it',
  '3D000': 'the database does not exist',
  '25006': 'the server accepts no writes: it is a standby, or default_transaction_read_only is on',
  EADDRINUSE: 'address already in use',
  EADDRNOTAVAIL: 'no interface of this machine has this address',
  EINVAL: 'invalid address',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'no space left for this user',
  ENOENT: 'no such file or folder',
  ENOTDIR: 'a part of the path is not a folder',
  EEXIST: 'the path names a file, not a folder',
  EISDIR: 'the path names a folder, not a file',
  ENAMETOOLONG: 'the path is too long',
  ELOOP: 'the path has too many symbolic links',
  ERR_INVALID_ARG_VALUE: 'the path is invalid',
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_HAS_EXPIRED: 'the certificate of the server has expired',
  CERT_NOT_YET_VALID: 'the certificate of the server is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate of the server is for another host name',
  EPROTO: 'the TLS handshake failed',
};

/** Temporary errors of a server, after which a supervisor can try again. */
const PASSING_ERRORS: Readonly<Record<string, string>> = {
  '57P03': 'the server is starting or shutting down',
  '57P01': 'the server is shutting down',
  '53300': 'the server has no free connections',
};

/** Failures of node-postgres that have no error code. */
const STARTUP_MESSAGES: readonly (readonly [pattern: RegExp, text: string, variable?: string])[] = [
  [/does not support SSL/i, 'the server does not support TLS', 'DATABASE_SSL'],
  [
    /timeout expired|timeout exceeded when trying to connect|due to connection timeout/i,
    'the host does not respond',
  ],
  [/connection terminated unexpectedly/i, 'the server closed the connection'],
  [/not listening|SASL|password must be a string/i, 'the password is missing or not understood'],
];

/** Describes the error that ended the process. The lines contain no values of variables, which may be secrets. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ConfigurationFault) return { exitCode: EXIT_CONFIG, lines: error.faults };
  if (error instanceof WorkerFailed) return { exitCode: error.exitCode, lines: [error.message] };
  if (error instanceof StartInterrupted) return { exitCode: 0, lines: [] };
  return startupFailure(error) ?? unexpected(error);
}

/** Writes the reason why a process ends to standard error; returns the exit code. */
export function writeFailure({ exitCode, lines }: Failure): number {
  for (const line of lines) process.stderr.write(`${line}\n`);
  return exitCode;
}

function startupFailure(error: unknown): Failure | null {
  if (!(error instanceof Error)) return null;
  const variable = subjectOf(error);
  const { code, message, cause } = error as NodeJS.ErrnoException;
  if (cause instanceof LockNotAvailable || cause instanceof TableInUse)
    return { exitCode: 1, lines: [`${variable}: ${message}`] };
  const passing = code === undefined ? undefined : PASSING_ERRORS[code];
  if (passing !== undefined) return { exitCode: 1, lines: [`${variable}: ${passing} (${code})`] };
  const usual = code === undefined ? undefined : STARTUP_ERRORS[code];
  if (usual !== undefined) return { exitCode: EXIT_CONFIG, lines: [`${variable}: ${usual} (${code})`] };
  // A pooler's own refusal, for example of a parameter or a database. Its text contains no secret.
  if (code === '08P01') return { exitCode: EXIT_CONFIG, lines: [`${variable}: ${message} (${code})`] };
  const known = STARTUP_MESSAGES.find(([pattern]) => pattern.test(message));
  return known ? { exitCode: EXIT_CONFIG, lines: [`${known[2] ?? variable}: ${known[1]}`] } : null;
}

/** Returns the variable that led to an error, or the file where that is not known. */
function subjectOf(error: Error): string {
  if (error instanceof StartFault) return error.variable;
  return isFileError(error) ? (error.path ?? 'a file') : 'DATABASE_URL';
}

function unexpected(error: unknown): Failure {
  const { stack } = error instanceof Error ? error : {};
  return { exitCode: 1, lines: [stack ?? String(error)] };
}
