import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { channel } from 'node:diagnostics_channel';
import { type IncomingMessage, METHODS, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { PlatformErrors } from '../errors/platform.errors.js';
import { Problem } from '../errors/problem.js';
import { BODY_LIMIT } from './bodies/large-bodies.js';
import { ConnectionLimits } from './connection-limits.js';
import { PROBLEM_JSON, problemDocument } from './problems/problem-document.js';

/** Maximum size of a request line and its header fields together, bytes. */
const MAX_HEADER_SIZE = 16 * 1024;

/**
 * A connection on which nothing moves for so long is closed, milliseconds: a client that reads none of its responses.
 * Streams send something every 15 s; between requests, `keepAliveTimeout` takes the place of this.
 */
const STALLED_MS = 60_000;

/** Values that the adapter needs before the application exists and could inject them. */
export interface AdapterParts {
  /** Creates the id of a request that has none. */
  readonly nextRequestId: () => string;
  /** The path of `PUBLIC_URL`; see `publicPath`. */
  readonly basePath: string;
  readonly maxConnections: number;
  /** Returns the part of a URL by which the request is routed. */
  readonly routedUrl: (url: string) => string;
  /** Responds to requests that Fastify refuses before its hooks run, such as a malformed percent-encoding. */
  readonly onUnroutable: (error: Error, request: FastifyRequest, reply: FastifyReply) => void;
}

/** Published for a request that Node.js could not parse. */
export interface UnreadableRequest {
  readonly status: number;
}

/** Announces such requests to the metrics; a channel, because the adapter exists before the application. */
export const unreadableRequests = channel('portcullis:unreadable-request');

const CLIENT_REQUEST_ID = /^[A-Za-z0-9._-]{8,64}$/;

/**
 * Creates Fastify with the limits of the HTTP layer (OWASP API4:2023): head 16 KiB, body 64 KiB (1 MiB where `LargeBodies`
 * are), 10 s for a whole request. There is no Express-style middleware: security is in hooks and guards on the matched route.
 */
export function fastifyAdapter({
  nextRequestId,
  basePath,
  maxConnections,
  routedUrl,
  onUnroutable,
}: AdapterParts): FastifyAdapter {
  const adapter = new FastifyAdapter({
    skipMiddie: true,
    bodyLimit: BODY_LIMIT,
    requestTimeout: 10_000,
    connectionTimeout: STALLED_MS,
    keepAliveTimeout: 72_000,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    http: {
      maxHeaderSize: MAX_HEADER_SIZE,
      headersTimeout: 10_000,
      // How often the two timeouts above are checked; at the default of 30 s a request could take 40 s.
      connectionsCheckingInterval: 1000,
      // Node's own refusal has no body; requireHost sends a problem instead.
      requireHostHeader: false,
      // Node would keep the first of two Authorization fields, while a proxy in front may have checked the last.
      joinDuplicateHeaders: true,
    },
    routerOptions: {
      caseSensitive: true,
      ignoreTrailingSlash: false,
      ignoreDuplicateSlashes: false,
      // No target is longer. A shorter limit would refuse a long id before any guard, unlike other unknown ids.
      maxParamLength: MAX_HEADER_SIZE,
    },
    exposeHeadRoutes: true,
    rewriteUrl: ({ url = '' }) => routedUrl(url),
    genReqId: (request: IncomingMessage) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' && CLIENT_REQUEST_ID.test(given) ? given : nextRequestId();
    },
    frameworkErrors: onUnroutable,
    clientErrorHandler: (error, socket) => {
      refuseConnection(error, socket, { requestId: nextRequestId(), basePath });
    },
  });
  // Node would respond to expectations other than 100-continue itself, bypassing limits and the record; RFC 9110 section
  // 10.1.1 lets a server ignore them.
  const fastify = adapter.getInstance();
  const { server } = fastify;
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  // For routes of all methods: Fastify by itself has no REPORT, for example. QUERY is there, but would require a content type
  // (RFC 10008 section 2), which a forward-auth request does not have.
  for (const method of METHODS) if (!fastify.supportedMethods.includes(method)) fastify.addHttpMethod(method);
  fastify.addHttpMethod('QUERY', { hasBody: false, overrideExisting: true });
  const connections = new ConnectionLimits(server, maxConnections);
  fastify.addHook('preClose', (done) => {
    connections.closeIdle();
    done();
  });
  return adapter;
}

/**
 * Responds on the socket to what Node's parser refuses (ambiguous framing, oversized head, slow head); it never becomes
 * a request.
 */
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
