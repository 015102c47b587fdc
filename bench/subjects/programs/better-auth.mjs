import bcrypt from 'bcrypt';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import { Redis } from 'ioredis';
import { createServer } from 'node:http';
import pg from 'pg';

const ROUNDS = 12;
const NEVER_REACHED = { window: 60, max: 100_000_000 };

const redis = new Redis(process.env.REDIS_URL, { enableAutoPipelining: true });

/** Counts within a fixed window, as the documentation of `SecondaryStorage.increment` requires. */
redis.defineCommand('incrementWithin', {
  numberOfKeys: 1,
  lua: `local count = redis.call('INCR', KEYS[1])
        if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
        return count`,
});

const options = {
  database: new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 }),
  secondaryStorage: {
    get: (key) => redis.get(key),
    getAndDelete: (key) => redis.getdel(key),
    set: (key, value, ttl) => (ttl ? redis.set(key, value, 'EX', ttl) : redis.set(key, value)),
    delete: async (key) => void (await redis.del(key)),
    increment: (key, ttl) => redis.incrementWithin(key, ttl),
  },
  emailAndPassword: {
    enabled: true,
    password: {
      hash: (password) => bcrypt.hash(password, ROUNDS),
      verify: ({ hash, password }) => bcrypt.compare(password, hash),
    },
  },
  rateLimit: {
    enabled: true,
    storage: 'secondary-storage',
    ...NEVER_REACHED,
    customRules: { '/sign-in/email': NEVER_REACHED, '/sign-up/email': NEVER_REACHED },
  },
};

await (await getMigrations(options)).runMigrations();
const server = createServer(toNodeHandler(betterAuth(options)));
server.keepAliveTimeout = 72_000;
server.listen(Number(process.env.PORT), '127.0.0.1');
