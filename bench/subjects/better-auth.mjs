import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freePort } from '../lab/laboratory.mjs';
import { jsonRequest, postJson } from './http.mjs';
import { forEach, person } from './people.mjs';

const PROGRAM = fileURLToPath(new URL('programs/better-auth.mjs', import.meta.url));
const PACKAGE = new URL('../node_modules/better-auth/package.json', import.meta.url);

/** It reads the client's address, which its limits use, from the header field set by a proxy. */
const THROUGH_PROXY = { 'x-forwarded-for': '203.0.113.7' };

/** better-auth on Node's http server: bcrypt 12, PostgreSQL, Redis as secondary storage, limits on but not reached. */
export async function startBetterAuth(laboratory) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const { ownerUrl } = await laboratory.newDatabase('better_auth');
  const child = await laboratory.start({
    name: 'better-auth',
    command: process.execPath,
    args: [PROGRAM],
    env: {
      NODE_ENV: 'production',
      PORT: String(port),
      BETTER_AUTH_URL: url,
      BETTER_AUTH_SECRET: 'a secret of the bench, which guards nothing',
      BETTER_AUTH_TELEMETRY: '0',
      DATABASE_URL: ownerUrl,
      REDIS_URL: laboratory.newRedis(),
    },
  });
  await child.answersAt(`${url}/api/auth/ok`);
  return new BetterAuth(`better-auth ${JSON.parse(readFileSync(PACKAGE, 'utf8')).version}`, url, child);
}

class BetterAuth {
  constructor(name, url, child) {
    Object.assign(this, { name, url, child });
    this.headers = { ...THROUGH_PROXY, origin: url };
  }

  async register(count) {
    const people = Array.from({ length: count }, (_, number) => person(number));
    await forEach(people, (who) => postJson(`${this.url}/api/auth/sign-up/email`, who, this.headers));
    return people;
  }

  async signIn(people) {
    return forEach(people, async ({ email, password }) => {
      const { headers } = await postJson(
        `${this.url}/api/auth/sign-in/email`,
        { email, password },
        this.headers,
      );
      const cookies = headers.getSetCookie().map((cookie) => cookie.slice(0, cookie.indexOf(';')));
      return { cookie: cookies.join('; ') };
    });
  }

  login({ email, password }) {
    return jsonRequest('/api/auth/sign-in/email', { email, password }, this.headers);
  }

  sessionCheck({ cookie }) {
    return { method: 'GET', path: '/api/auth/get-session', headers: { ...THROUGH_PROXY, cookie } };
  }
}
