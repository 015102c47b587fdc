import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, query, ROOT } from '../lab/laboratory.mjs';
import { jsonRequest, postJson } from './http.mjs';
import { forEach, person } from './people.mjs';

/** Every policy is checked and counted for every request, but none refuses requests of the load generator. */
const UNREACHED_LIMITS = {
  RATE_LIMIT_DEFAULT: '9000000/60',
  RATE_LIMIT_ADDRESS: '9000000/60',
  RATE_LIMIT_LOGIN: '10000/1',
  RATE_LIMIT_LOGIN_ADDRESS: '10000/1',
  RATE_LIMIT_REGISTER: '10000/1',
  RATE_LIMIT_REFRESH: '10000/1',
};

/** Detection per address is off; otherwise the load would fill the database with alerts about itself. */
const NO_SUSPICION = { DETECT_ERROR_RATE: 'off', DETECT_RATE_LIMIT_STORM: 'off', DETECT_BRUTE_FORCE: 'off' };

/** Production mode refuses to start without the records of calls. Both sides of a comparison need `NODE_ENV`. */
export const MAY_OMIT_CALLS = { NODE_ENV: 'development' };

export const LIMITS_OFF = Object.fromEntries(Object.keys(UNREACHED_LIMITS).map((name) => [name, 'off']));

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
// The last alternative is the plain `node ...`.
const [, ...flags] = scripts.start.split('|| ').at(-1).split(' ');
const program = join(ROOT, flags.pop());

/** The arguments that `npm start` passes to node. */
export const START = [...flags, program];

/** The service as started by `npm start`, in production mode with everything on; `env` changes that for a comparison. */
export async function startPortcullis(
  laboratory,
  { name = 'Portcullis', database, env = {}, node = [], command = process.execPath } = {},
) {
  const port = await freePort();
  const settings = {
    NODE_ENV: 'production',
    PORT: String(port),
    DATA_DIR: await laboratory.newFolder('data'),
    DATABASE_URL: database.url,
    DATABASE_MIGRATION_URL: database.ownerUrl,
    REDIS_URL: laboratory.newRedis(),
    JWT_SECRET_KEY: 'a master secret of the bench, which guards nothing',
    PASSWORD_PEPPER: 'a pepper of the bench, which guards nothing either',
    COOKIE_SECURE: 'true',
    ...UNREACHED_LIMITS,
    ...NO_SUSPICION,
    ...env,
  };
  const child = await laboratory.start({
    name,
    command,
    args: [...node, ...START],
    env: settings,
  });
  const url = `http://127.0.0.1:${port}`;
  const readyMs = await child.answersAt(`${url}/health/ready`);
  return new Portcullis({ name, url, child, readyMs, database, settings });
}

class Portcullis {
  constructor(parts) {
    Object.assign(this, parts);
  }

  /** Creates accounts: one by registration, the others as copies of its row, because each registration would take a hash. */
  async register(count) {
    const people = Array.from({ length: count }, (_, number) => person(number));
    const [{ name, email, password }] = people;
    await postJson(`${this.url}/auth/register`, { email, password, displayName: name });
    await query(
      this.database.ownerUrl,
      `INSERT INTO users (id, email, display_name, roles, email_verified, password_hash, created_at, updated_at)
       SELECT gen_random_uuid(), format('person-%s@example.com', n), format('Person %s', n), roles, email_verified,
              password_hash, created_at, updated_at
       FROM users, generate_series(1, ${count - 1}) AS n WHERE email = '${email}'`,
    );
    // Without it, the copies are hashes of an earlier version, which the first login of each replaces.
    await query(
      this.database.ownerUrl,
      `UPDATE password_credentials SET pepper_id = (SELECT max(pepper_id) FROM password_credentials)`,
    );
    return people;
  }

  async signIn(people) {
    return forEach(people, async (who) => {
      const { path, body } = this.login(who);
      return (await postJson(this.url + path, JSON.parse(body))).body;
    });
  }

  login({ email, password }) {
    return jsonRequest('/auth/login', { email, password, tokenTransport: 'body' });
  }

  sessionCheck({ accessToken }) {
    return { method: 'GET', path: '/users/me', headers: { authorization: `Bearer ${accessToken}` } };
  }

  refresh({ refreshToken }) {
    return jsonRequest('/auth/refresh', { refreshToken });
  }
}
