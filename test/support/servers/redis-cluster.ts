import { Redis } from 'ioredis';
import type { Certificate } from '../network/certificate.js';
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

/** How to start a cluster. */
interface ClusterOptions {
  /** Serves TLS, too, under the name `localhost`, for which the certificate must be; `urls` are then those for TLS. */
  readonly certificate?: Certificate;
}

/**
 * Starts three temporary servers, joins them and assigns the slots; resolves once all of them report that the cluster
 * is up.
 */
export async function startRedisCluster({ certificate }: ClusterOptions = {}): Promise<RedisCluster> {
  const busPorts = [await freePort(), await freePort(), await freePort()];
  const tlsPorts = certificate && [await freePort(), await freePort(), await freePort()];
  const nodes = await Promise.all(
    busPorts.map((busPort, index) =>
      startRedis({
        args: [
          ...clusterArguments(busPort),
          ...(certificate && tlsPorts ? tlsArguments(tlsPorts[index]!, certificate) : []),
        ],
      }),
    ),
  );
  const clients = nodes.map(({ url }) => new Redis(url));
  try {
    await Promise.all(
      clients.map((client, index) =>
        client.call('CLUSTER', 'ADDSLOTSRANGE', ...slotsOf(index, nodes.length)),
      ),
    );
    for (const [index, { port }] of nodes.entries()) {
      await clients[0]!.call('CLUSTER', 'MEET', '127.0.0.1', tlsPorts?.[index] ?? port, busPorts[index]!);
    }
    await eventually(() => Promise.all(clients.map((client) => agrees(client, nodes.length))), {
      timeoutMs: 20_000,
    });
  } finally {
    for (const client of clients) client.disconnect();
  }
  return {
    urls: tlsPorts?.map((port) => `rediss://localhost:${port}`) ?? nodes.map(({ url }) => url),
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
  return argumentsOf(settings);
}

function tlsArguments(port: number, { file, keyFile }: Certificate): string[] {
  return argumentsOf({
    'tls-port': String(port),
    'tls-cluster': 'yes',
    'tls-cert-file': file,
    'tls-key-file': keyFile,
    'tls-ca-cert-file': file,
    'tls-auth-clients': 'no',
    'cluster-announce-hostname': 'localhost',
    'cluster-preferred-endpoint-type': 'hostname',
  });
}

function argumentsOf(settings: Readonly<Record<string, string>>): string[] {
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
