import { Redis } from 'ioredis';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './laboratory.mjs';

const SLOTS = 16_384;
const NODES = 3;

/** Starts a Redis Cluster of three primaries. Returns its URLs in the form of REDIS_URL, and its processes. */
export async function startRedisCluster(laboratory) {
  const nodes = [];
  for (let index = 0; index < NODES; index++) {
    const [port, busPort] = [await freePort(), await freePort()];
    const folder = await laboratory.newFolder('redis-cluster');
    const settings = {
      port,
      bind: '127.0.0.1',
      dir: folder,
      save: '',
      appendonly: 'no',
      'cluster-enabled': 'yes',
      'cluster-port': busPort,
      'cluster-announce-ip': '127.0.0.1',
    };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const child = await laboratory.start({ name: `redis-${index}`, command: 'redis-server', args });
    const client = new Redis(port, '127.0.0.1');
    // The client connects before its server listens, and emits an error.
    client.on('error', () => {});
    nodes.push({ port, busPort, child, client });
  }
  await divideSlots(nodes);
  for (const { client } of nodes) client.disconnect();
  return {
    urls: nodes.map(({ port }) => `redis://127.0.0.1:${port}`).join(','),
    children: nodes.map(({ child }) => child),
  };
}

async function divideSlots(nodes) {
  for (const [index, { client }] of nodes.entries()) {
    const first = Math.ceil((index * SLOTS) / NODES);
    await client.call('CLUSTER', 'ADDSLOTSRANGE', first, Math.ceil(((index + 1) * SLOTS) / NODES) - 1);
  }
  for (const { port, busPort } of nodes)
    await nodes[0].client.call('CLUSTER', 'MEET', '127.0.0.1', port, busPort);
  for (let looks = 0; looks < 200; looks++) {
    const infos = await Promise.all(nodes.map(({ client }) => client.call('CLUSTER', 'INFO')));
    if (infos.every((info) => /cluster_state:ok/.test(info) && info.includes(`known_nodes:${NODES}`))) return;
    await delay(100);
  }
  throw new Error('The Redis Cluster has not formed.');
}
