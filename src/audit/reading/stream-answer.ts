import { StreamableFile } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import type { Clock } from '../../platform/clock/clock.js';
import { principalOf } from '../../platform/http/request-context.js';

/**
 * Returns with a stream, which breaks off when the reader's access token expires: however slowly it is read, it does not
 * outlive the right to read it. A HEAD request gets the fields only: Fastify would read the whole stream to throw it away.
 */
export function streamAnswer(
  request: FastifyRequest,
  stream: Readable,
  { clock, ...options }: { clock: Clock; type: string; disposition?: string },
): StreamableFile {
  if (request.method === 'HEAD') stream.destroy();
  const lifetimeMs = principalOf(request).expiresAt * 1000 - clock.nowMs();
  const deadline = setTimeout(() => stream.destroy(), lifetimeMs).unref();
  stream.once('close', () => clearTimeout(deadline));
  return new StreamableFile(stream, options);
}
