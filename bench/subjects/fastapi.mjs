import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { freePort, query } from '../lab/laboratory.mjs';
import { jsonRequest, postJson } from './http.mjs';
import { forEach, person } from './people.mjs';

const PROGRAM = fileURLToPath(new URL('programs/fastapi_reference.py', import.meta.url));

/** Debian's Python, because the required packages are from Debian, too. */
const PYTHON = '/usr/bin/python3';
const PACKAGES = ['fastapi', 'uvicorn', 'sqlalchemy', 'asyncpg', 'jose', 'bcrypt', 'redis'];

const TABLES = [
  `CREATE TABLE users (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), email text NOT NULL UNIQUE, name text NOT NULL,
     password_hash text NOT NULL, created_at timestamptz NOT NULL DEFAULT now())`,
  `CREATE TABLE sessions (id uuid PRIMARY KEY, user_id uuid NOT NULL REFERENCES users, revoked_at timestamptz)`,
  `CREATE TABLE audit_logs (id bigserial PRIMARY KEY, user_id uuid, method text NOT NULL, path text NOT NULL,
     status integer NOT NULL, address text, created_at timestamptz NOT NULL DEFAULT now())`,
  'CREATE INDEX ON audit_logs (user_id, created_at)',
];

/** Returns the reason why the reference cannot run here; null if it can. */
export function whyNoFastApi() {
  const names = PACKAGES.join(', ');
  const { status } = spawnSync(PYTHON, ['-c', `import ${names}`]);
  return status === 0 ? null : `not installed: ${PACKAGES.map((name) => `python3-${name}`).join(', ')}`;
}

/** The predecessor of the service, built from its design: RS256, a sliding log in Redis, one audit row per call. */
export async function startFastApi(laboratory) {
  const port = await freePort();
  const database = await laboratory.newDatabase('fastapi');
  await query(database.ownerUrl, ...TABLES);
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 3072,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const child = await laboratory.start({
    name: 'FastAPI reference',
    command: PYTHON,
    args: [PROGRAM],
    env: {
      PORT: String(port),
      PRIVATE_KEY: privateKey,
      DATABASE_URL: database.ownerUrl.replace('postgres:', 'postgresql+asyncpg:'),
      REDIS_URL: laboratory.newRedis(),
    },
  });
  const url = `http://127.0.0.1:${port}`;
  await child.answersAt(`${url}/health`);
  return new FastApi(url, child);
}

class FastApi {
  constructor(url, child) {
    Object.assign(this, { name: 'FastAPI reference', url, child });
  }

  async register(count) {
    const people = Array.from({ length: count }, (_, number) => person(number));
    await forEach(people, (who) => postJson(`${this.url}/auth/register`, who));
    return people;
  }

  async signIn(people) {
    return forEach(people, async ({ email, password }) => {
      return (await postJson(`${this.url}/auth/login`, { email, password })).body;
    });
  }

  login({ email, password }) {
    return jsonRequest('/auth/login', { email, password });
  }

  sessionCheck({ accessToken }) {
    return { method: 'GET', path: '/users/me', headers: { authorization: `Bearer ${accessToken}` } };
  }
}
