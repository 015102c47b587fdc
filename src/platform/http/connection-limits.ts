import { readFileSync } from 'node:fs';
import { channel } from 'node:diagnostics_channel';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** A client has this long to close its side of a connection after the server has closed its own, milliseconds. */
const LINGER_MS = 1000;

/** A request that has begun to arrive has this long to arrive whole after the server was closed, milliseconds. */
const UNFINISHED_MS = 3000;

/** The part of the process's file descriptors that clients may take; pools, files and listeners need the rest. */
const SHARE_OF_DESCRIPTORS = 0.75;

/** Idle connections are closed from this part of the maximum on: a burst can arrive before the first of them is gone. */
const CLOSE_IDLE_FROM = 0.75;

/** Published when a connection is dropped because there are too many. */
export interface DroppedConnection {
  /** `idle`: closed in favour of a new one; `refused`: the new one, because none was idle. */
  readonly reason: 'idle' | 'refused';
}

/** Announces dropped connections to the metrics; a channel, because the server exists before the application. */
export const droppedConnections = channel('portcullis:dropped-connection');

/**
 * Bounds the connections of an HTTP server, so that clients that open many, send nothing or never close cannot use up
 * the process's file descriptors. When they run short, the connection that has been without a request for longest is
 * closed, as nginx does, so that a new client gets in.
 */
export class ConnectionLimits {
  /** Connections without a request in progress, the longest idle first. */
  private readonly idle = new Set<Socket>();
  private readonly busy = new Map<Socket, IncomingMessage>();
  private open = 0;
  private readonly max: number;

  constructor(server: Server, maxConnections: number) {
    this.max = Math.min(maxConnections, Math.floor(descriptorLimit() * SHARE_OF_DESCRIPTORS));
    // Without the second, which the types do not know yet, a worker would hand the connection back to the supervisor,
    // in a loop when all workers are full.
    Object.assign(server, { maxConnections: this.max, dropMaxConnection: true });
    server.on('drop', () => droppedConnections.publish({ reason: 'refused' } satisfies DroppedConnection));
    server.on('connection', (socket) => this.add(socket));
    server.on('request', (request, response) => this.markBusy(request, response));
  }

  /**
   * Closes every connection that would hold up the end of the server: those without a request now, and those whose
   * request is still incomplete after 3 s. Node.js closes only connections that have served a request before, and
   * stops checking `headersTimeout` and `requestTimeout` when the server closes.
   */
  closeIdle(): void {
    for (const socket of this.idle) socket.destroy();
    const timer = setTimeout(() => {
      for (const [socket, request] of this.busy) if (!request.complete) socket.destroy();
    }, UNFINISHED_MS);
    timer.unref();
  }

  private add(socket: Socket): void {
    this.open += 1;
    if (this.open > this.max * CLOSE_IDLE_FROM) this.closeLongestIdle();
    this.idle.add(socket);
    let linger: NodeJS.Timeout | undefined;
    // Closing at once could reset the connection before the client has read the response (RFC 9112 section 9.6).
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
      this.idle.add(socket);
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

/** File descriptors that this process may have; infinity where the system does not tell. */
function descriptorLimit(): number {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? Infinity : Number(soft);
  } catch {
    return Infinity;
  }
}
