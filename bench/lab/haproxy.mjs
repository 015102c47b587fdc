import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from './laboratory.mjs';

/** Whether Debian's haproxy is installed. */
export const hasHaproxy = () => spawnSync('haproxy', ['-v']).status === 0;

/** Starts a round-robin balancer in front of services. Returns its URL and process. */
export async function startHaproxy(laboratory, services) {
  const port = await freePort();
  const folder = await laboratory.newFolder('haproxy');
  const file = join(folder, 'haproxy.cfg');
  const servers = services.map(({ url }, index) => `  server s${index} ${new URL(url).host}`);
  await writeFile(
    file,
    `defaults
  mode http
  timeout connect 1s
  timeout client 30s
  timeout server 30s
listen services
  bind 127.0.0.1:${port}
  balance roundrobin
  option forwardfor
${servers.join('\n')}
`,
  );
  const child = await laboratory.start({ name: 'haproxy', command: 'haproxy', args: ['-db', '-f', file] });
  const url = `http://127.0.0.1:${port}`;
  await child.answersAt(`${url}/health/live`);
  return { url, child };
}
