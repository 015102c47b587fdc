import type { IncomingHttpHeaders } from 'node:http';
import type { ForwardedRequest } from '../platform/access/forward-auth.js';

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** RFC 9110 section 9.1, at most as long as any registered one. Two fields arrive joined with a comma, which no method has. */
const METHOD = /^[\w!#$%&'*+.^`|~-]{1,32}$/;
/** Characters of a host and port in RFC 3986, without the comma. */
const HOST = /^[\w.~%!$&'()*+;=:[\]-]{1,261}$/;
/** Two fields arrive joined with a comma and a space, which no request target has. */
const URI = /^\/[^\0- \x7f]*$/;

/**
 * Returns the description of the client's request. Envoy sends no fields for it, but the forward-auth request has the method
 * of the client's request, and its path `below` that of the rule. In this case the method of the forward-auth request counts.
 */
export function forwardedRequest(
  headers: IncomingHttpHeaders,
  own: { method: string; below: boolean },
): ForwardedRequest {
  const method = headers['x-forwarded-method'] ?? (own.below ? own.method : undefined);
  const protocol = headers['x-forwarded-proto'];
  return {
    method: matching(METHOD, method),
    protocol: protocol === 'http' || protocol === 'https' ? protocol : null,
    host: matching(HOST, headers['x-forwarded-host']),
    uri: matching(URI, headers['x-forwarded-uri']),
  };
}

/** Whether a request can change something. A WebSocket can, although it begins with GET. */
export function isUnsafe({ method }: ForwardedRequest, headers: IncomingHttpHeaders): boolean {
  return method === null || !SAFE_METHODS.has(method) || opensSocket(headers);
}

/** `Upgrade` alone is not enough: Traefik removes it from the forward-auth request, as it concerns one connection only. */
function opensSocket(headers: IncomingHttpHeaders): boolean {
  return (
    headers.upgrade !== undefined ||
    headers['sec-websocket-key'] !== undefined ||
    headers['sec-fetch-mode'] === 'websocket'
  );
}

/** Whether a browser wants to show a page (Fetch Metadata; browsers without it accept HTML only where they show it). */
export function isNavigation({ method }: ForwardedRequest, headers: IncomingHttpHeaders): boolean {
  if (method !== 'GET') return false;
  const mode = headers['sec-fetch-mode'];
  return mode === undefined ? /\btext\/html\b/i.test(headers.accept ?? '') : mode === 'navigate';
}

/** Whether this is a CORS preflight, which browsers send without credentials (Fetch standard section 3.2.2). */
export function isPreflight({ method }: ForwardedRequest, headers: IncomingHttpHeaders): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
}

function matching(form: RegExp, value: string | string[] | undefined): string | null {
  return typeof value === 'string' && form.test(value) ? value : null;
}
