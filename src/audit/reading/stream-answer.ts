import { StreamableFile } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';

/** Answers with a stream. A HEAD request gets the fields only: Fastify would read the whole stream to throw it away. */
export function streamAnswer(
  request: FastifyRequest,
  stream: Readable,
  options: { type: string; disposition?: string },
): StreamableFile {
  if (request.method === 'HEAD') stream.destroy();
  return new StreamableFile(stream, options);
}
