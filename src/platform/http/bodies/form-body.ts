import type { FastifyRequest } from 'fastify';
import { PlatformErrors } from '../../errors/platform.errors.js';
import { Problem } from '../../errors/problem.js';

/** The parameters of a form; none of them is empty. */
export type Form = ReadonlyMap<string, string>;

/** Setting of a route that the HTTP layer reads before any guard runs. */
export interface FormSettings {
  /** Whether the body of the route is a form (`application/x-www-form-urlencoded`) instead of JSON. */
  readonly readsForms?: boolean;
}

/** Far more than any form of this API has. */
const MAX_PARAMETERS = 50;

/** The media type, with at most the charset that forms have anyway (RFC 9110 section 5.6.6). */
const FORM_TYPE =
  /^application\/x-www-form-urlencoded[ \t]*(?:;[ \t]*(?:charset=(?:utf-8|"utf-8")[ \t]*)?)*$/i;

/** Returns whether the matched route of a request reads forms. */
export function readsForms({ is404, routeOptions }: FastifyRequest): boolean {
  // A request that Fastify cannot route has no options, although its type declares them.
  const options = routeOptions as FastifyRequest['routeOptions'] | undefined;
  const settings = options?.config as FormSettings | undefined;
  return !is404 && (settings?.readsForms ?? false);
}

/**
 * Parses a form strictly: well-formed UTF-8 and percent-encoding, and no parameter twice, because one of the two could have
 * been checked by somebody else (RFC 6749 section 3.2). Parameters without a value count as absent. Throws
 * `malformed_request`, or `unsupported_media_type` for another type of body.
 */
export function parseForm(contentType: string | undefined, body: Buffer): Form {
  if (!FORM_TYPE.test(contentType ?? '')) throw new Problem(PlatformErrors.unsupported_media_type);
  const pairs = textOf(body).split('&').filter(Boolean);
  if (pairs.length > MAX_PARAMETERS) throw malformed('The form has too many parameters.');
  const form = new Map<string, string>();
  for (const pair of pairs) {
    const [name = '', ...rest] = pair.split('=');
    const key = decoded(name);
    if (form.has(key)) throw malformed('The form names a parameter twice.');
    form.set(key, decoded(rest.join('=')));
  }
  return new Map([...form].filter(([, value]) => value !== ''));
}

/** Decodes a name or a value of a form. Throws `malformed_request`. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw malformed('The form is not encoded correctly.');
  }
}

function textOf(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    throw malformed('The form is not valid UTF-8.');
  }
}

function malformed(detail: string): Problem {
  return new Problem(PlatformErrors.malformed_request, { detail });
}
