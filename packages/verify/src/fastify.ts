import type { onRequestAsyncHookHandler } from 'fastify';
import { check, fieldsOf } from './check.js';
import { refusalOf } from './refusal.js';
import type { Requirements } from './requirements.js';
import type { Verified, Verifier } from './verifier.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sent the request, behind `authenticate`. */
    auth?: Verified;
  }
}

/** An `onRequest` hook that lets in callers who meet the requirements. The caller is available as `request.auth`. */
export function authenticate(verifier: Verifier, requirements: Requirements = {}): onRequestAsyncHookHandler {
  return async (request, reply) => {
    const fields = fieldsOf(request.raw);
    try {
      request.auth = await check(verifier, requirements, fields);
    } catch (error) {
      const refusal = refusalOf(error, fields, verifier);
      if (refusal === null) throw error;
      await reply.code(refusal.status).headers(refusal.headers).send(JSON.stringify(refusal.body));
    }
  };
}

export type { Requirements, Verified };
