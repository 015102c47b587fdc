import type { FastifyReply } from 'fastify';

/** Makes the browser delete what it has cached of this host, which may be about a session that is over. */
export function clearBrowserCache(reply: FastifyReply): void {
  reply.header('clear-site-data', '"cache"');
}

/** The OpenAPI documentation of that header field. */
export const CLEAR_SITE_DATA = {
  'Clear-Site-Data': {
    description:
      'Makes the browser delete cached responses of this site. Data stored by the application is kept.',
    schema: { type: 'string' as const, example: '"cache"' },
  },
};
