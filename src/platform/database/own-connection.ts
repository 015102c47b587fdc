import type { Environment } from '../config/environment.js';
import { dataSourceOptions, SERVICE_SESSION } from './data-source-options.js';
import type { SessionClientConfig } from './session-client.js';

/**
 * How the service's role connects beside the pool, for what must not wait behind requests. A server that does not answer
 * within `answerMs`, milliseconds, is given up.
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
