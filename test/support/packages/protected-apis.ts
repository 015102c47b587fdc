import { Controller, Get, Module, Post, Req, type Type, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { serve } from '@hono/node-server';
import express from 'express';
import { fastify } from 'fastify';
import { Hono } from 'hono';
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { authenticate as forExpress } from '../../../packages/verify/src/express.js';
import { authenticate as forFastify } from '../../../packages/verify/src/fastify.js';
import { type AuthVariables, authenticate as forHono } from '../../../packages/verify/src/hono.js';
import type { Requirements, Verified, Verifier } from '../../../packages/verify/src/index.js';
import { authenticate as forNest } from '../../../packages/verify/src/nestjs.js';

/** An API whose only route, `/`, answers its caller. */
export interface ProtectedApi {
  readonly url: string;
  close(): Promise<void>;
}

type Start = (verifier: Verifier, requirements: Requirements) => Promise<ProtectedApi>;

const listening = async (server: Server): Promise<ProtectedApi> => {
  if (!server.listening) await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.close();
      await once(server, 'close');
    },
  };
};

/** The same API in each framework that has an adapter. */
export const PROTECTED_APIS: Readonly<Record<string, Start>> = {
  Express: (verifier, requirements) => {
    const api = express();
    api.use(forExpress(verifier, requirements));
    api.all('/', (request, response) => void response.json(request.auth));
    return listening(api.listen(0, '127.0.0.1'));
  },
  Fastify: async (verifier, requirements) => {
    const api = fastify();
    api.addHook('onRequest', forFastify(verifier, requirements));
    api.all('/', (request) => request.auth);
    const url = await api.listen({ port: 0, host: '127.0.0.1' });
    return { url, close: () => api.close() };
  },
  NestJS: async (verifier, requirements) => {
    const api = await NestFactory.create(moduleOf(verifier, requirements), new FastifyAdapter(), {
      logger: false,
    });
    await api.listen(0, '127.0.0.1');
    return { url: await api.getUrl(), close: () => api.close() };
  },
  Hono: (verifier, requirements) => {
    const api = new Hono<{ Variables: AuthVariables }>();
    api.use(forHono(verifier, requirements));
    api.all('/', (context) => context.json(context.get('auth')));
    return listening(serve({ fetch: api.fetch, port: 0, hostname: '127.0.0.1' }));
  },
};

function moduleOf(verifier: Verifier, requirements: Requirements): Type {
  @Controller()
  @UseGuards(forNest(verifier, requirements))
  class CallerController {
    @Get()
    read(@Req() { auth }: { auth: Verified }): Verified {
      return auth;
    }

    @Post()
    write(@Req() { auth }: { auth: Verified }): Verified {
      return auth;
    }
  }
  @Module({ controllers: [CallerController] })
  class ApiModule {}
  return ApiModule;
}
