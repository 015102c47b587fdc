import type { ClientConfig } from 'pg';
import type { Environment } from '../config/environment.js';
import { dataSourceOptions } from './data-source-options.js';

/**
 * How the service's role connects beside the pool, for what must not wait behind requests. A server that does not answer
 * within `answerMs`, milliseconds, is given up.
 */
export function ownConnection(environment: Environment, purpose: string, answerMs: number): ClientConfig {
  const { url, ssl } = dataSourceOptions(environment, 'service');
  return {
    connectionString: url,
    ssl: ssl as boolean,
    application_name: `portcullis ${purpose}`,
    connectionTimeoutMillis: answerMs,
    query_timeout: answerMs,
    keepAlive: true,
  };
}
