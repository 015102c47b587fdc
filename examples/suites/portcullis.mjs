import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/**
 * Returns a throwaway Portcullis: the one of PORTCULLIS_URL, or one that is started here and ends with this process. The
 * first start on a machine takes some seconds longer, in which its database is prepared.
 */
export async function startPortcullis() {
  const { PORTCULLIS_URL: given } = process.env;
  if (given) return clientOf(given, async () => {});
  const child = spawn('npx', ['--no', 'portcullis', 'ephemeral', '--limits', 'off'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await Promise.race([
    once(createInterface(child.stdout), 'line'),
    once(child, 'exit').then(() => Promise.reject(new Error('portcullis ended before it was ready'))),
  ]);
  return clientOf(JSON.parse(line).url, async () => {
    const ended = once(child, 'exit');
    child.kill();
    await ended;
  });
}

function clientOf(url, stop) {
  const post = async (path, body) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path} was answered ${answer.status}: ${await answer.text()}`);
    return answer.status === 204 ? null : answer.json();
  };
  return {
    url,
    stop,
    /** A new person who can sign in: `{ user, password }`. */
    async person(wanted = {}) {
      const { items } = await post('/test/users', wanted);
      return items[0];
    },
    /** A session of a person: tokens, and cookies for a browser. */
    session: (person, wanted = {}) => post('/test/sessions', { userId: person.user.id, ...wanted }),
    /** Moves the time of the service: `{ advance: '31m' }`, or `{}` for the real time. Answers the new one. */
    clock: async (change) => new Date((await post('/test/clock', change)).now),
  };
}
