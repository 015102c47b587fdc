import { Logger } from '@nestjs/common';
import type { onRequestHookHandler } from 'fastify';

/**
 * Warns once per process that forwarded requests arrive from an untrusted proxy: behind a proxy that `TRUSTED_PROXIES` does
 * not name, all clients look like one, also to the rate limits. For installations where it is empty.
 */
export function warnUntrustedProxy(): onRequestHookHandler {
  const logger = new Logger('TrustedProxies');
  let said = false;
  return ({ headers }, _reply, done) => {
    if (!said && headers['x-forwarded-for'] !== undefined) {
      said = true;
      logger.warn(
        'X-Forwarded-For received, but TRUSTED_PROXIES is empty: all clients of the proxy count as one',
      );
    }
    done();
  };
}
