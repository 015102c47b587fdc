import type { FastifyInstance, FastifyRequest } from 'fastify';
import { PlatformErrors } from '../../errors/platform.errors.js';
import { Problem } from '../../errors/problem.js';
import { isForwardAuthRequest } from '../routes/forward-auth.decorator.js';
import { contextOf } from '../request-context.js';
import { parseForm, readsForms } from './form-body.js';
import { keepsRawBody } from './raw-body.decorator.js';

/** Far deeper than any body of this API, and shallow enough for every recursive reader (OWASP API4:2023). */
const MAX_DEPTH = 16;

/**
 * More than any body of this API has, a hundred reports of leaked keys included; each unknown member would add a
 * sentence to the response.
 */
const MAX_MEMBERS = 400;

/**
 * Maximum number of members and items together, at any depth; far more than any body of this API has. Validating each takes
 * some microseconds, and the largest body has room for 30,000.
 */
const MAX_VALUES = 2000;

/** The only accepted media type; its only parameter is the one legal charset (RFC 8259 section 8.1; RFC 9110 section 5.6.6). */
const JSON_TYPE = /^application\/json[ \t]*(?:;[ \t]*(?:charset=(?:utf-8|"utf-8")[ \t]*)?)*$/i;

const STRING_TOKEN = /("(?:[^"\\]|\\.)*")[ \t\r\n]*(:)?/g;
const ESCAPE = /\\(?:u([0-9a-f]{4})|(["\\/bfnrt]))/gi;
const SHORT_ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/**
 * Installs the only body parser. An empty body of any type counts as no body; anything else must be `application/json`,
 * which also blocks cross-site form posts (ASVS 3.5.2), or a form on the few routes that read forms, which no cookie
 * opens. Fastify's own parsers are removed.
 */
export function readBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, readBody);
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, readBody);
}

async function readBody(request: FastifyRequest, body: Buffer): Promise<unknown> {
  if (keepsRawBody(request)) {
    contextOf(request).rawBody = body;
    return undefined;
  }
  if (body.length === 0 || isForwardAuthRequest(request)) return undefined;
  try {
    if (!readsForms(request)) return parsed(request, body);
    if (isEncoded(request)) throw new Problem(PlatformErrors.unsupported_media_type);
    contextOf(request).form = parseForm(request.headers['content-type'], body);
    return undefined;
  } catch (error) {
    // Not thrown here, before the guards: unreadable bodies would bypass the rate limits.
    contextOf(request).bodyFault = error as Problem;
    return undefined;
  }
}

/**
 * Parses the body of a route that is marked with `KeepsRawBody`; returns undefined without one. Not called for what anybody
 * can send, because a large body takes many milliseconds. Throws `malformed_request` and `unsupported_media_type`.
 */
export function parseRawBody(request: FastifyRequest): unknown {
  const { rawBody } = contextOf(request);
  return rawBody === null || rawBody.length === 0 ? undefined : parsed(request, rawBody);
}

function parsed(request: FastifyRequest, body: Buffer): unknown {
  if (isEncoded(request) || !JSON_TYPE.test(request.headers['content-type'] ?? ''))
    throw new Problem(PlatformErrors.unsupported_media_type);
  return parseJson(body);
}

/** RFC 9110 section 8.4: a body in an unsupported content coding cannot be interpreted; none is supported here. */
function isEncoded({ headers }: FastifyRequest): boolean {
  return !/^(identity)?$/i.test(headers['content-encoding']?.trim() ?? '');
}

/**
 * Parses a JSON text strictly: well-formed UTF-8 (RFC 3629; the default decoder would silently repair it), no byte order
 * mark, member names unique within their object (RFC 8259 section 4) and free of required escapes, no `__proto__`, bounded
 * depth and number of values. Throws `malformed_request`.
 */
export function parseJson(body: Buffer): unknown {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    throw malformed('The body is not valid UTF-8.');
  }
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed('The body is not valid JSON.');
  }
  const plain = withPlainNames(text);
  if (plain !== text) value = JSON.parse(plain);
  const names = countNames(plain);
  if (names > MAX_MEMBERS) throw malformed('The body has too many members.');
  const { members, items } = countValues(value, 0);
  if (members + items > MAX_VALUES) throw malformed('The body has too many values.');
  if (members !== names) throw malformed('The body names a member twice.');
  return value;
}

/**
 * Returns a valid JSON text with escaped names written without escapes. V8 13.6 (Node.js 24) sometimes reads an escaped
 * name as another one that it has seen before, which can turn a repeated name into two different members.
 */
function withPlainNames(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replaceAll(STRING_TOKEN, (token, quoted: string, colon?: string) =>
    colon === undefined || !quoted.includes('\\') ? token : token.replace(quoted, () => spelledOut(quoted)),
  );
}

/** Throws `malformed_request` for a name that cannot be written without an escape. */
function spelledOut(quoted: string): string {
  const plain = quoted.replaceAll(ESCAPE, (_escape, hex?: string, short = '') =>
    hex === undefined ? (SHORT_ESCAPES[short] ?? short) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
  if (JSON.stringify(plain.slice(1, -1)) !== plain)
    throw malformed('The body names a member that is not allowed.');
  return plain;
}

/** Counts the names in a valid JSON text: strings followed by a colon. JSON.parse keeps only the last of two equal names. */
function countNames(text: string): number {
  let names = 0;
  for (const token of text.matchAll(STRING_TOKEN)) if (token[2] !== undefined) names += 1;
  return names;
}

/** Counts the members of all objects and the items of all lists. Throws `malformed_request` beyond the maximum depth. */
function countValues(value: unknown, depth: number): { members: number; items: number } {
  const sum = { members: 0, items: 0 };
  if (typeof value !== 'object' || value === null) return sum;
  if (depth >= MAX_DEPTH) throw malformed('The body is nested too deeply.');
  if (Object.hasOwn(value, '__proto__')) throw malformed('The body names a member that is not allowed.');
  const inner: unknown[] = Array.isArray(value) ? value : Object.values(value);
  sum[Array.isArray(value) ? 'items' : 'members'] += inner.length;
  for (const one of inner) {
    const { members, items } = countValues(one, depth + 1);
    sum.members += members;
    sum.items += items;
  }
  return sum;
}

function malformed(detail: string): Problem {
  return new Problem(PlatformErrors.malformed_request, { detail });
}
