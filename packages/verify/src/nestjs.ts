import { type CanActivate, type ExecutionContext, HttpException } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { check, fieldsOf } from './check.js';
import { refusalOf } from './refusal.js';
import { type Requirements, requirementsOf } from './requirements.js';
import type { Verified, Verifier } from './verifier.js';

/** Express's request is that of Node.js; Fastify's has it. */
type AnyRequest = (IncomingMessage | { readonly raw: IncomingMessage }) & { auth?: Verified };

interface AnyResponse {
  setHeader?(name: string, value: string): unknown;
  header?(name: string, value: string): unknown;
}

/**
 * A guard for `@UseGuards` that lets in callers who meet the requirements. The caller is available as `request.auth`, on
 * Express and on Fastify. A refusal is an `HttpException` whose response is the problem. Throws a `TypeError` for a requirement
 * that does not exist or has no such value.
 */
export function authenticate(verifier: Verifier, requirements: Requirements = {}): CanActivate {
  const required = requirementsOf(requirements);
  return {
    async canActivate(context: ExecutionContext): Promise<boolean> {
      const http = context.switchToHttp();
      const request = http.getRequest<AnyRequest>();
      const fields = fieldsOf('raw' in request ? request.raw : request);
      try {
        request.auth = await check(verifier, required, fields);
        return true;
      } catch (error) {
        const refusal = refusalOf(error, fields, verifier);
        if (refusal === null) throw error;
        const { status, headers, body } = refusal;
        const response = http.getResponse<AnyResponse>();
        for (const [name, value] of Object.entries(headers))
          if (response.setHeader) response.setHeader(name, value);
          else response.header?.(name, value);
        throw new HttpException(body, status, { cause: error });
      }
    },
  };
}

export type { Requirements, Verified };
