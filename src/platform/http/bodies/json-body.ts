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
  // First: to look at each string of the largest body takes many milliseconds.
  let members = countMembers(value);
  const { plain, names } = withPlainNames(text);
  if (plain !== text) {
    value = JSON.parse(plain);
    members = countMembers(value);
  }
  if (members !== names) throw malformed('The body names a member twice.');
  return value;
}

/**
 * Counts the members of all objects, at any depth. JSON.parse keeps only the last of two equal names. Throws
 * `malformed_request` beyond the maximum depth and number of values.
 */
function countMembers(root: unknown): number {
  let members = 0;
  let values = 0;
  const visit = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null) return;
    if (depth >= MAX_DEPTH) throw malformed('The body is nested too deeply.');
    const inner: unknown[] = Array.isArray(value) ? value : Object.values(value);
    values += inner.length;
    if (!Array.isArray(value)) members += inner.length;
    checkCounts(members, values);
    for (const one of inner) visit(one, depth + 1);
  };
  visit(root, 0);
  return members;
}

/**
 * Returns a valid JSON text with escaped names written without escapes, and the number of names: strings followed by a colon.
 * V8 13.6 (Node.js 24) sometimes reads an escaped name as another one that it has seen before, which can turn a repeated name
 * into two different members. Throws `malformed_request` for a name that is not allowed, and for too many strings: a list that
 * a member of the same name follows is no longer in the value.
 */
function withPlainNames(text: string): { plain: string; names: number } {
  let plain = '';
  let copied = 0;
  let [names, texts] = [0, 0];
  for (const { 1: quoted, 2: colon, index } of text.matchAll(STRING_TOKEN)) {
    if (colon === undefined) texts += 1;
    else names += 1;
    checkCounts(names, texts);
    if (colon === undefined) continue;
    const name = spelledOut(quoted!);
    if (name === quoted) continue;
    plain += text.slice(copied, index) + name;
    copied = index + quoted!.length;
  }
  return { plain: plain + text.slice(copied), names };
}

function spelledOut(quoted: string): string {
  // V8 misreads names only, and this is a text.
  const name = quoted.includes('\\') ? (JSON.parse(quoted) as string) : quoted.slice(1, -1);
  const plain = `"${name}"`;
  if (name === '__proto__' || (plain !== quoted && JSON.stringify(name) !== plain))
    throw malformed('The body names a member that is not allowed.');
  return plain;
}

function checkCounts(members: number, values: number): void {
  if (members > MAX_MEMBERS) throw malformed('The body has too many members.');
  if (values > MAX_VALUES) throw malformed('The body has too many values.');
}

function malformed(detail: string): Problem {
  return new Problem(PlatformErrors.malformed_request, { detail });
}
