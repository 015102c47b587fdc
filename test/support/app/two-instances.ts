import { afterAll, beforeAll } from 'vitest';
import type { Clock } from '../../../src/platform/clock/clock.js';
import { type RedisServer, startRedis } from '../redis/redis-server.js';
import { startApp, startBeside, type TestApp, type Variables } from './test-app.js';

/** How two instances are started. */
interface Instances {
  readonly clock: Clock;
  readonly variables?: Variables;
}

/**
 * Starts two instances with one clock, database and Redis before the tests of a block, passes them to `use`, and stops them
 * after.
 */
export function twoInstances(
  { clock, variables }: Instances,
  use: (here: TestApp, there: TestApp) => void,
): void {
  let redis: RedisServer;
  const apps: TestApp[] = [];
  beforeAll(async () => {
    redis = await startRedis();
    const options = { clock, variables: { REDIS_URL: redis.url, ...variables } };
    apps.push(await startApp(options));
    apps.push(await startBeside(apps[0]!, options));
    use(apps[0]!, apps[1]!);
  });
  afterAll(async () => {
    for (const app of apps.toReversed()) await app.close();
    await redis.stop();
  });
}
