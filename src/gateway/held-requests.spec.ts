import type { FastifyReply } from 'fastify';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HeldRequests } from './held-requests.js';

const replyOf = (raw: ServerResponse) => ({ raw, hijack: () => undefined }) as unknown as FastifyReply;
const response = () => new ServerResponse(new IncomingMessage(new Socket()));

describe('Held requests', () => {
  const requests = new HeldRequests();
  const holdTen = (raw: () => ServerResponse) => {
    for (let count = 0; count < 10; count += 1) requests.hold(replyOf(raw()));
  };

  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('are ten at a time, and others once ten seconds are over', () => {
    // Like the second of two requests on one connection, these have no connection yet, and are never closed.
    holdTen(response);
    expect(() => requests.hold(replyOf(response()))).toThrow('overloaded');
    vi.advanceTimersByTime(10_000);
    expect(() => holdTen(response)).not.toThrow();
    vi.advanceTimersByTime(10_000);
  });

  it('do not include those whose client has already left', () => {
    holdTen(() => response().destroy());
    expect(() => requests.hold(replyOf(response()))).not.toThrow();
  });
});
