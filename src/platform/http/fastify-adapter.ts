import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { channel } from 'node:diagnostics_channel';
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { PlatformErrors } from '../errors/platform.errors.js';
import { Problem } from '../errors/problem.js';
import { PROBLEM_JSON, problemDocument } from './problem-document.js';

/** Largest body, bytes. */
const BODY_LIMIT = 64 * 1024;

/** What the adapter needs before the application exists that could inject it. */
export interface AdapterParts {
  /** Makes the id of a request that brought none of its own. */
  readonly nextRequestId: () => string;
  /** The path of `PUBLIC_URL`; see `publicPath`. */
  readonly basePath: string;
  /** Returns requests that Fastify refuses before its hooks run, such as a malformed percent-encoding. */
  readonly onUnroutable: (error: Error, request: FastifyRequest, reply: FastifyReply) => void;
}

/** What is told of a request that Node.js could not read. */
export interface UnreadableRequest {
  readonly status: number;
}

/** Where such requests are announced: the adapter exists before the application, whose figures count them. */
export const unreadableRequests = channel('portcullis:unreadable-request');

const CLIENT_REQUEST_ID = /^[A-Za-z0-9._-]{8,64}$/;

/**
 * Fastify with every limit of the HTTP layer in one place (OWASP API4:2023): head 16 KiB, body 64 KiB, 10 s for a
 * whole request. No Express-style middleware at all: security lives in hooks and guards on the matched route.
 */
export function fastifyAdapter({ nextRequestId, basePath, onUnroutable }: AdapterParts): FastifyAdapter {
  const adapter = new FastifyAdapter({
    skipMiddie: true,
    bodyLimit: BODY_LIMIT,
    requestTimeout: 10_000,
    connectionTimeout: 0,
    keepAliveTimeout: 72_000,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    http: {
      maxHeaderSize: 16 * 1024,
      headersTimeout: 10_000,
      // How often the two times above are looked at; by default every 30 s, which would make them 40.
      connectionsCheckingInterval: 1000,
      // Node's own refusal would have no body; requireHost makes it a problem.
      requireHostHeader: false,
      // Node would keep the first of two Authorization fields, and a proxy in front may have judged the last.
      joinDuplicateHeaders: true,
    },
    routerOptions: {
      caseSensitive: true,
      ignoreTrailingSlash: false,
      ignoreDuplicateSlashes: false,
      maxParamLength: 128,
    },
    exposeHeadRoutes: true,
    genReqId: (request: IncomingMessage) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' && CLIENT_REQUEST_ID.test(given) ? given : nextRequestId();
    },
    frameworkErrors: onUnroutable,
    clientErrorHandler: (error, socket) => {
      refuseConnection(error, socket, { requestId: nextRequestId(), basePath });
    },
  });
  // Node would answer other expectations than 100-continue by itself, past limits and record; RFC 9110 section 10.1.1
  // lets a server ignore them.
  const { server } = adapter.getInstance();
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  return adapter;
}

/** What Node's parser refuses (ambiguous framing, oversized head, slow head) never becomes a request; answered on the socket. */
function refuseConnection(
  error: NodeJS.ErrnoException,
  socket: Socket,
  { requestId, basePath }: { requestId: string; basePath: string },
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status =
    error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  unreadableRequests.publish({ status } satisfies UnreadableRequest);
  const row = { ...PlatformErrors.malformed_request, status };
  const body = JSON.stringify(problemDocument(new Problem(row), requestId, basePath));
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: ${PROBLEM_JSON}\r\ncache-control: no-store\r\n` +
      `x-request-id: ${requestId}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
