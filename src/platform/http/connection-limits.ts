import { readFileSync } from 'node:fs';
import { channel } from 'node:diagnostics_channel';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How long a client has to close its side of a connection after the server has closed its own, in milliseconds. */
const LINGER_MS = 1000;

/** How long an incomplete request has to arrive completely after the server was closed, in milliseconds. */
const UNFINISHED_MS = 3000;

/** The share of the process's file descriptors available to clients. Pools, files and listeners need the rest. */
const SHARE_OF_DESCRIPTORS = 0.75;

/**
 * Idle connections are closed above this share of the maximum, because a burst can arrive before the first one is
 * closed.
 */
const CLOSE_IDLE_FROM = 0.75;

/** Published when a connection is dropped because there are too many. */
export interface DroppedConnection {
  /** `idle`: closed in favour of a new one; `refused`: the new one, because none was idle. */
  readonly reason: 'idle' | 'refused';
}

/**
 * Publishes dropped connections for the metrics. It is a channel, because the server exists before the application.
 */
export const droppedConnections = channel('portcullis:dropped-connection');

/**
 * Limits the connections of an HTTP server, so that clients that open many, send nothing or never close cannot exhaust
 * the process's file descriptors. When these run short, the connection that has been idle for longest is closed, as in
 * nginx, to admit a new client.
 */
export class ConnectionLimits {
  /** Connections without a request in progress, the longest idle first. */
  private readonly idle = new Set<Socket>();
  private readonly busy = new Map<Socket, IncomingMessage>();
  private open = 0;
  private isClosing = false;
  private readonly max: number;

  constructor(server: Server, maxConnections: number) {
    this.max = Math.min(maxConnections, Math.floor(descriptorLimit() * SHARE_OF_DESCRIPTORS));
    // Without the second option, which is missing from the types, a worker would return the connection to the
    // supervisor, in a loop if all workers are full.
    Object.assign(server, { maxConnections: this.max, dropMaxConnection: true });
    server.on('drop', () => droppedConnections.publish({ reason: 'refused' } satisfies DroppedConnection));
    server.on('connection', (socket) => this.add(socket));
    server.on('request', (request, response) => this.markBusy(request, response));
  }

  /**
   * Closes every connection that would delay the end of the server: those without a request now or as soon as their
   * response has been sent, and those whose request is still incomplete after 3 s. Node.js closes only connections that
   * have served a request before and are idle now, and stops checking `headersTimeout` and `requestTimeout` when the server
   * closes.
   */
  closeIdle(): void {
    this.isClosing = true;
    for (const socket of this.idle) socket.destroy();
    const timer = setTimeout(() => {
      for (const [socket, request] of this.busy) if (!request.complete) socket.destroy();
    }, UNFINISHED_MS);
    timer.unref();
  }

  private add(socket: Socket): void {
    this.open += 1;
    if (this.open > this.max * CLOSE_IDLE_FROM) this.closeLongestIdle();
    if (this.isClosing) socket.destroy();
    else this.idle.add(socket);
    let linger: NodeJS.Timeout | undefined;
    // Closing immediately could reset the connection before the client has read the response (RFC 9112 section 9.6).
    socket.once('finish', () => {
      linger = setTimeout(() => socket.destroy(), LINGER_MS);
    });
    socket.once('close', () => {
      clearTimeout(linger);
      this.open -= 1;
      this.idle.delete(socket);
      this.busy.delete(socket);
    });
  }

  private markBusy(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    this.idle.delete(socket);
    this.busy.set(socket, request);
    response.once('close', () => {
      if (this.busy.get(socket) !== request || socket.destroyed) return;
      this.busy.delete(socket);
      // The head of the response was sent before, and did not say that the connection would be closed.
      if (this.isClosing) socket.end();
      else this.idle.add(socket);
    });
  }

  private closeLongestIdle(): void {
    const [socket] = this.idle;
    if (!socket) return;
    this.idle.delete(socket);
    socket.destroy();
    droppedConnections.publish({ reason: 'idle' } satisfies DroppedConnection);
  }
}

/** Returns the process's limit of file descriptors; infinity if the system does not report one. */
function descriptorLimit(): number {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? Infinity : Number(soft);
  } catch {
    return Infinity;
  }
}
