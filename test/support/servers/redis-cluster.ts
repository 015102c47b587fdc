import { Redis } from 'ioredis';
import { freePort } from '../network/free-port.js';
import { type RedisServer, startRedis } from '../redis/redis-server.js';
import { eventually } from '../time/eventually.js';

const SLOTS = 16_384;

/** A Redis Cluster of three primaries without replicas, for one spec. */
export interface RedisCluster {
  /** One URL per primary, as in REDIS_URL. */
  readonly urls: string[];
  readonly nodes: readonly RedisServer[];
  stop(): Promise<void>;
}

/**
 * Starts three temporary servers, joins them and assigns the slots; resolves once all of them report that the cluster
 * is up.
 */
export async function startRedisCluster(): Promise<RedisCluster> {
  const busPorts = [await freePort(), await freePort(), await freePort()];
  const nodes = await Promise.all(busPorts.map((busPort) => startRedis({ args: clusterArguments(busPort) })));
  const clients = nodes.map(({ url }) => new Redis(url));
  try {
    await Promise.all(
      clients.map((client, index) =>
        client.call('CLUSTER', 'ADDSLOTSRANGE', ...slotsOf(index, nodes.length)),
      ),
    );
    for (const [index, { port }] of nodes.entries()) {
      await clients[0]!.call('CLUSTER', 'MEET', '127.0.0.1', port, busPorts[index]!);
    }
    await eventually(() => Promise.all(clients.map((client) => agrees(client, nodes.length))), {
      timeoutMs: 20_000,
    });
  } finally {
    for (const client of clients) client.disconnect();
  }
  return {
    urls: nodes.map(({ url }) => url),
    nodes,
    stop: async () => {
      await Promise.all(nodes.map((node) => node.stop()));
    },
  };
}

function clusterArguments(busPort: number): string[] {
  const settings = {
    'cluster-enabled': 'yes',
    'cluster-port': String(busPort),
    'cluster-node-timeout': '1000',
    'cluster-announce-ip': '127.0.0.1',
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

function slotsOf(index: number, nodes: number): [first: number, last: number] {
  return [Math.ceil((index * SLOTS) / nodes), Math.ceil(((index + 1) * SLOTS) / nodes) - 1];
}

async function agrees(client: Redis, nodes: number): Promise<void> {
  const info = String(await client.call('CLUSTER', 'INFO'));
  if (!info.includes('cluster_state:ok') || !info.includes(`cluster_known_nodes:${nodes}`)) {
    throw new Error(`The cluster has not formed:\n${info}`);
  }
}
