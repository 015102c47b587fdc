import { Logger } from '@nestjs/common';
import type { onRequestHookHandler } from 'fastify';

/**
 * Says once in the life of the process that somebody forwards requests and is not trusted to say for whom: behind a proxy
 * that `TRUSTED_PROXIES` does not name, all clients are one, also to the limits. For installations that name none.
 */
export function warnUntrustedProxy(): onRequestHookHandler {
  const logger = new Logger('TrustedProxies');
  let said = false;
  return ({ headers }, _reply, done) => {
    if (!said && headers['x-forwarded-for'] !== undefined) {
      said = true;
      logger.warn('X-Forwarded-For arrives, and TRUSTED_PROXIES names no proxy: its clients count as one');
    }
    done();
  };
}
