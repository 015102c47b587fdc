import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { check, fieldsOf } from './check.js';
import { refusalOf } from './refusal.js';
import { type Requirements, requirementsOf } from './requirements.js';
import type { Verified, Verifier } from './verifier.js';

declare global {
  // The name is Express's own.
  namespace Express {
    interface Request {
      /** Who sent the request, behind `authenticate`. */
      auth?: Verified;
    }
  }
}

/**
 * Middleware that lets in callers who meet the requirements. The caller is available as `request.auth`. Throws a `TypeError`
 * for a requirement that does not exist or has no such value.
 */
export function authenticate(verifier: Verifier, requirements: Requirements = {}): RequestHandler {
  const required = requirementsOf(requirements);
  return (request: Request, response: Response, next: NextFunction) => {
    const fields = fieldsOf(request);
    const accept = (caller: Verified) => {
      request.auth = caller;
      next();
    };
    const refuse = (error: unknown) => {
      const refusal = refusalOf(error, fields, verifier);
      if (refusal === null) next(error);
      else response.status(refusal.status).set(refusal.headers).send(JSON.stringify(refusal.body));
    };
    // Such as an error of `onError`.
    const fail = (error: unknown) => next(error);
    check(verifier, required, fields).then(accept, refuse).catch(fail);
  };
}

export type { Requirements, Verified };
