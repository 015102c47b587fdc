import { Cluster, Redis, type RedisOptions } from 'ioredis';

/** A single Redis or a cluster; callers send commands the same way. */
export type RedisClient = Redis | Cluster;

const RECONNECT_MS = 250;
const CONNECT_TIMEOUT_MS = 1000;

/**
 * Options of both kinds of client. A command is sent at most once: it neither waits for a connection nor is sent again
 * after a broken one, because a command that counts must not count twice.
 */
const SENT_ONCE = {
  connectionName: 'portcullis',
  disableClientInfo: true,
  connectTimeout: CONNECT_TIMEOUT_MS,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
} satisfies RedisOptions;

/** Options of a client of a standalone server. */
const STANDALONE = {
  ...SENT_ONCE,
  enableOfflineQueue: false,
  retryStrategy: () => RECONNECT_MS,
} satisfies RedisOptions;

/** Creates a client: one URL is a standalone server, several are the seed nodes of a Redis Cluster. */
export function createRedisClient(urls: readonly string[]): RedisClient {
  const [first = '', ...others] = urls;
  return others.length === 0 ? new Redis(first, STANDALONE) : cluster(urls, new URL(first));
}

/**
 * Creates a client for notices of changed keys. With RESP3, they would be of a type that the client ignores. Whoever
 * subscribes has to do so again after a reconnection.
 */
export function createNoticeClient(url: string): Redis {
  return new Redis(url, {
    ...STANDALONE,
    connectionName: 'portcullis-notices',
    protocol: 2,
    autoResubscribe: false,
  });
}

/** Redirections (MOVED, ASK) are followed: a node that returns one has executed nothing. */
function cluster(urls: readonly string[], { protocol, username, password }: URL): Cluster {
  return new Cluster([...urls], {
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    clusterRetryStrategy: () => RECONNECT_MS,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
    slotsRefreshInterval: 2 * CONNECT_TIMEOUT_MS,
    // Otherwise, ioredis resolves the names of the seed nodes itself, and certificates for names fit no IP address.
    ...(protocol === 'rediss:' && { dnsLookup: (host, done) => done(null, host) }),
    redisOptions: {
      ...SENT_ONCE,
      ...(username && { username: decodeURIComponent(username) }),
      ...(password && { password: decodeURIComponent(password) }),
      ...(protocol === 'rediss:' && { tls: {} }),
    },
  });
}

/** Returns why a client cannot connect. A cluster client only says that no node could be asked, with the reason of the last. */
export function reasonOf(error: Error & { readonly lastNodeError?: Error | null }): string {
  return (error.lastNodeError ?? error).message;
}

/** Calls `heard` whenever bytes arrive from any server of the client. */
export function onBytes(client: RedisClient, heard: () => void): void {
  const listen = (redis: Redis) => redis.on('connect', () => redis.stream.on('data', heard));
  if (client instanceof Redis) listen(client);
  else client.on('+node', listen);
}

/** Sends the commands issued by `send` in one write; a cluster client does this on its own, per node. */
export function inOneWrite(client: RedisClient | null, send: () => void): void {
  const stream = client instanceof Redis ? client.stream : undefined;
  stream?.cork();
  try {
    send();
  } finally {
    stream?.uncork();
  }
}
