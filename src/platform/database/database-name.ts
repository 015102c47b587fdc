import { resolve } from 'node:path';
import { Client } from 'pg';
import type { Environment } from '../config/environment.js';

/** Which database a configuration means, for an operator to recognise; who logs in there, and how, is left out. */
export function databaseName({
  DATABASE_URL,
  DATA_DIR,
}: Pick<Environment, 'DATABASE_URL' | 'DATA_DIR'>): string {
  if (DATABASE_URL === undefined) return `the embedded one in ${resolve(DATA_DIR)}`;
  // Read by the driver itself, with its defaults for what the address leaves out.
  const { host, port, database } = new Client(DATABASE_URL);
  return `${database ?? ''} on ${host}:${port}`;
}
