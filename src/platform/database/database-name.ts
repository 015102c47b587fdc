import { resolve } from 'node:path';
import { Client } from 'pg';
import type { Environment } from '../config/environment.js';

/**
 * Returns the database that a configuration refers to, in a form an operator recognises, without login or credentials.
 */
export function databaseName({
  DATABASE_URL,
  DATA_DIR,
}: Pick<Environment, 'DATABASE_URL' | 'DATA_DIR'>): string {
  if (DATABASE_URL === undefined) return `the embedded one in ${resolve(DATA_DIR)}`;
  // The driver reads the address with its own defaults for missing parts.
  const { host, port, database } = new Client(DATABASE_URL);
  return `${database ?? ''} on ${host}:${port}`;
}
