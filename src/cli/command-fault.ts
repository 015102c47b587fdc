import { CommanderError } from 'commander';
import { type Failure, failureOf, writeFailure } from '../app/failure.js';
import { PlatformErrors } from '../platform/errors/platform.errors.js';
import { Problem } from '../platform/errors/problem.js';
import { MailErrors } from '../platform/mail/mail.errors.js';
import { CommandFailure, EXIT } from './exit-codes.js';

/** System and PostgreSQL error codes for a database that cannot be reached or currently accepts no connections. */
const DATABASE_AWAY = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  '53300',
  '57P01',
  '57P02',
  '57P03',
]);

/** The same in failures of node-postgres that have no code: the host did not respond, or closed the connection. */
const DATABASE_AWAY_MESSAGE =
  /timeout expired|timeout exceeded when trying to connect|connection terminated (unexpectedly|due to connection timeout)/i;

/** Writes the reason why a command failed to standard error; returns the exit code. */
export function reportFault(error: unknown): number {
  return writeFailure(commandFault(error));
}

/** Converts an error of a command to its exit code and lines, which are empty if they are already written. */
export function commandFault(error: unknown): Failure {
  if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? 0 : EXIT.usage, lines: [] };
  if (error instanceof CommandFailure) return { exitCode: error.exitCode, lines: [error.message] };
  if (error instanceof Problem) return problemFault(error);
  const { exitCode, lines } = failureOf(error);
  return { exitCode: isDatabaseAway(error) ? EXIT.unavailable : exitCode, lines };
}

function problemFault({ row, occurrence }: Problem): Failure {
  if (row === PlatformErrors.not_found) return { exitCode: EXIT.noAccount, lines: ['No such account.'] };
  const lines = [occurrence.detail ?? row.detail];
  if (row === MailErrors.mail_unconfigured) return { exitCode: EXIT.configuration, lines };
  return { exitCode: row.status >= 500 ? EXIT.unavailable : EXIT.refused, lines };
}

function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, message, cause } = error as NodeJS.ErrnoException;
  if (code === undefined ? DATABASE_AWAY_MESSAGE.test(message) : DATABASE_AWAY.has(code)) return true;
  return cause !== undefined && isDatabaseAway(cause);
}
