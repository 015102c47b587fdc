import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished, vi } from 'vitest';
import { RevocationFeed } from '../../../packages/verify/src/revocation-feed.js';
import { RevocationList } from '../../../packages/verify/src/revocation-list.js';

/**
 * Returns a feed of a service that accepts requests, and answers all with a status or none at all. Timers are those of
 * the test, and so no wait ends by itself. The test's end closes both.
 */
export async function startFeedWithoutLines(status: number | null): Promise<RevocationFeed> {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  const service = createServer((_request, response) => {
    if (status !== null) response.writeHead(status).end();
  }).listen(0, '127.0.0.1');
  await once(service, 'listening');
  const feed = new RevocationFeed({
    url: `http://127.0.0.1:${(service.address() as AddressInfo).port}/revocations`,
    key: 'ptc_s_0000000000000000000000000000000000000',
    maxStalenessMs: 1000,
    list: new RevocationList(() => Date.now()),
  });
  onTestFinished(() => {
    feed.close();
    vi.useRealTimers();
    service.closeAllConnections();
    service.close();
  });
  return feed;
}
