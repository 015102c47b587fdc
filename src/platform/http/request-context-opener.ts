import type { FastifyReply, FastifyRequest } from 'fastify';
import { type RequestContext, newRequestContext, attachContext } from './request-context.js';
import type { CidrList } from './client-ip/cidr-list.js';
import { clientIp } from './client-ip/client-ip.js';
import { isOperationalRequest } from './routes/operational.decorator.js';
import { unknownSubject } from './origin.js';
import { isDocumentation, securityHeaders, type Transport } from './security-headers.js';

const MAX_USER_AGENT = 512;

/** Configuration that the first hook needs to determine where a request comes from. */
export interface HookParts {
  readonly trustedProxies: CidrList;
  readonly transport: Transport;
}

/**
 * Creates the first hook of every request, which attaches its {@link RequestContext} and sets the fixed header fields. It
 * is a function of request and reply because requests that Fastify cannot route run no hooks and need it too.
 */
export function callOpener({
  trustedProxies,
  transport,
}: HookParts): (request: FastifyRequest, reply: FastifyReply) => RequestContext {
  const headers = securityHeaders(transport);
  return (request, reply) => {
    const { ip: address, network } = clientIp(
      request.raw.socket.remoteAddress,
      request.headers['x-forwarded-for'],
      trustedProxies,
    );
    const userAgent = request.headers['user-agent'];
    const route = request.is404 ? null : (request.routeOptions?.url ?? null);
    const origin = {
      requestId: request.id,
      ip: address,
      network,
      userAgent: userAgent?.slice(0, MAX_USER_AGENT) ?? null,
      endpoint: `${request.method} ${route ?? '-'}`,
      about: unknownSubject(),
    };
    const context = newRequestContext(origin, route, isOperationalRequest(request));
    attachContext(request, context);
    reply
      .headers(isDocumentation(request.url) ? headers.docs : headers.api)
      .header('x-request-id', request.id);
    return context;
  };
}
