import type { onRequestAsyncHookHandler } from 'fastify';
import { check, fieldsOf } from './check.js';
import { refusalOf } from './refusal.js';
import { type Requirements, requirementsOf } from './requirements.js';
import type { Verified, Verifier } from './verifier.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sent the request, behind `authenticate`. */
    auth?: Verified;
  }
}

/**
 * An `onRequest` hook that lets in callers who meet the requirements. The caller is available as `request.auth`.
 * Throws a `TypeError` for a requirement that does not exist or has no such value.
 */
export function authenticate(verifier: Verifier, requirements: Requirements = {}): onRequestAsyncHookHandler {
  const required = requirementsOf(requirements);
  return async (request, reply) => {
    const fields = fieldsOf(request.raw);
    try {
      request.auth = await check(verifier, required, fields);
    } catch (error) {
      const refusal = refusalOf(error, fields, verifier);
      if (refusal === null) throw error;
      await reply.code(refusal.status).headers(refusal.headers).send(JSON.stringify(refusal.body));
    }
  };
}

export type { Requirements, Verified };
