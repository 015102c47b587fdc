import { Problem } from '../../platform/errors/problem.js';
import type { Form } from '../../platform/http/bodies/form-body.js';
import { OAuthErrors } from './oauth.errors.js';

/** Returns a parameter of a form. Throws `invalid_request` if it is missing. */
export function required(form: Form, name: string): string {
  const value = form.get(name);
  if (value === undefined)
    throw new Problem(OAuthErrors.invalid_request, { detail: `The parameter ${name} is missing.` });
  return value;
}
