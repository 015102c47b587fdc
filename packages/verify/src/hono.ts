import type { MiddlewareHandler } from 'hono';
import type { IncomingMessage } from 'node:http';
import { check, fieldsOf } from './check.js';
import type { IncomingFields } from './credential.js';
import { refusalOf } from './refusal.js';
import { type Requirements, requirementsOf } from './requirements.js';
import type { Verified, Verifier } from './verifier.js';

/** What `authenticate` adds to the context. The older versions of Hono take no interface here: it has no index signature. */
export type AuthVariables = { auth: Verified };

/**
 * Middleware that lets in callers who meet the requirements. The caller is available as `c.get('auth')`. Throws a `TypeError`
 * for a requirement that does not exist or has no such value.
 */
export function authenticate(
  verifier: Verifier,
  requirements: Requirements = {},
): MiddlewareHandler<{ Variables: AuthVariables }> {
  const required = requirementsOf(requirements);
  return async (context, next) => {
    const fields = fieldsOfContext(context.env, context.req.raw);
    try {
      context.set('auth', await check(verifier, required, fields));
    } catch (error) {
      const refusal = refusalOf(error, fields, verifier);
      if (refusal === null) throw error;
      return new Response(JSON.stringify(refusal.body), refusal);
    }
    await next();
    return undefined;
  };
}

/** On Node.js, the raw fields; elsewhere, repeated ones are joined by a comma, which no token has. */
function fieldsOfContext(env: unknown, { method, headers }: Request): IncomingFields {
  const incoming = (env as { incoming?: IncomingMessage } | undefined)?.incoming;
  if (incoming?.rawHeaders) return fieldsOf(incoming);
  return { method, values: (name) => (headers.has(name) ? [headers.get(name)!] : []) };
}

export type { Requirements, Verified };
