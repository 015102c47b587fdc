import { fileURLToPath } from 'node:url';
import { freePort } from '../lab/laboratory.mjs';

const PROGRAM = fileURLToPath(new URL('programs/bare-fastify.mjs', import.meta.url));

/** Fastify returning the same JSON body for every check: the upper bound of this HTTP stack on this machine. */
export async function startBareFastify(laboratory) {
  const port = await freePort();
  const child = await laboratory.start({
    name: 'bare Fastify',
    command: process.execPath,
    args: [PROGRAM],
    env: { NODE_ENV: 'production', PORT: String(port) },
  });
  const url = `http://127.0.0.1:${port}`;
  await child.answersAt(`${url}/users/me`);
  return { name: 'bare Fastify', url, child, sessionCheck: () => ({ method: 'GET', path: '/users/me' }) };
}
