import type { Environment } from '../config/environment.js';
import { dataSourceOptions, SERVICE_SESSION } from './data-source-options.js';
import type { SessionClientConfig } from './session-client.js';

/**
 * Returns the configuration of a connection of the service's role outside the pool, for work that must not wait behind
 * requests. The client gives up on a server that does not respond within `answerMs` milliseconds.
 */
export function ownConnection(
  environment: Environment,
  purpose: string,
  answerMs: number,
): SessionClientConfig {
  const { url, ssl } = dataSourceOptions(environment, 'service');
  return {
    connectionString: url,
    ssl: ssl as boolean,
    application_name: `portcullis ${purpose}`,
    connectionTimeoutMillis: answerMs,
    query_timeout: answerMs,
    keepAlive: true,
    session: SERVICE_SESSION,
  };
}
