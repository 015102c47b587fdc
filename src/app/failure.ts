import { WorkerFailed } from './workers.js';
import { ConfigurationFault, EXIT_CONFIG } from '../platform/config/configuration-fault.js';

/** Why a process ends before its time: its exit code, and lines for whoever started it. */
export interface Failure {
  readonly exitCode: number;
  readonly lines: readonly string[];
}

/** What usually keeps the service from starting, by the code of the system or of PostgreSQL; a stack would hide it. */
const STARTUP_ERRORS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'DATABASE_URL: nobody listens there',
  ENOTFOUND: 'DATABASE_URL: there is no such host',
  EAI_AGAIN: 'DATABASE_URL: the name of the host cannot be resolved at present',
  ETIMEDOUT: 'DATABASE_URL: the host does not answer',
  EHOSTUNREACH: 'DATABASE_URL: the host cannot be reached',
  '28P01': 'DATABASE_URL: the role or its password is refused',
  '28000': 'DATABASE_URL: the role may not connect from here',
  '42501':
    'DATABASE_URL: the role lacks a right. The tables are made by the role of DATABASE_MIGRATION_URL, at the start or by npm run migration:run',
  '3D000': 'DATABASE_URL: there is no such database',
  EADDRINUSE: 'PORT: somebody listens there already',
};

/** Reads an error that ended the process; values of variables, which may be secrets, are in none of the lines. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ConfigurationFault) return { exitCode: EXIT_CONFIG, lines: error.faults };
  if (error instanceof WorkerFailed) return { exitCode: error.exitCode, lines: [error.message] };
  const { code, stack } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  const usual = code === undefined ? undefined : STARTUP_ERRORS[code];
  return { exitCode: 1, lines: [usual === undefined ? (stack ?? String(error)) : `${usual} (${code})`] };
}
