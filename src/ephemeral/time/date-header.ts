import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { MovableClock } from './movable-clock.js';

/** Sends the service's time in `Date`, where Node.js would send the machine's (RFC 9110 section 6.6.1). */
@Injectable()
export class DateHeader implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly clock: MovableClock,
  ) {}

  onModuleInit(): void {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    fastify.addHook('onSend', (_request, reply, _payload, done) => {
      reply.header('date', this.clock.now().toUTCString());
      done();
    });
  }
}
