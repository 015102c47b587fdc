import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, ROOT } from './laboratory.mjs';

/** Whether Debian's nginx is installed. */
export const hasNginx = () => spawnSync('nginx', ['-v']).status === 0;

/**
 * Starts nginx with the shipped file of the gateway, in front of an application. It asks `checker` at `path` for each request.
 * Returns its URL and process.
 */
export async function startNginx(laboratory, { name, checker, path, application }) {
  const port = await freePort();
  const folder = await laboratory.newFolder('nginx');
  const file = join(folder, 'nginx.conf');
  const shipped = await readFile(join(ROOT, 'deploy/gateway/nginx.conf'), 'utf8');
  await writeFile(
    file,
    shipped
      .replace('127.0.0.1:8000', `127.0.0.1:${port}`)
      .replace('127.0.0.1:3000', new URL(checker).host)
      .replace('127.0.0.1:9000', new URL(application).host)
      .replace('/gate/app', path),
  );
  const child = await laboratory.start({
    name,
    command: 'nginx',
    args: ['-p', folder, '-c', file, '-g', 'daemon off; master_process off;'],
  });
  return { url: `http://127.0.0.1:${port}`, child };
}
