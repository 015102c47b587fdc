import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { startApp } from '../../support/app/test-app.js';

it('the tour of the README can be taken as it is written', async () => {
  const readme = await readFile('README.md', 'utf8');
  const tour = /## A tour with curl\n\n```sh\n(.*?)```/s.exec(readme)![1]!;
  const app = await startApp({ listen: true });
  onTestFinished(() => app.close());
  // Without --norc, bash reads a start file where its input is a socket.
  const { stdout, stderr } = await promisify(execFile)('bash', ['--norc', '-uo', 'pipefail', '-c', tour], {
    env: { ...process.env, PORT: new URL(app.url).port },
  });
  expect(stderr).toBe('');
  const codes = [...stdout.matchAll(/"code":"(\w+)"/g)].map(([, code]) => code);
  expect(codes).toEqual(['session_ended', 'session_ended']);
  expect(stdout).toContain('"displayName":"Ada L."');
  expect(stdout.match(/"accessTokenExpiresAt"/g)).toHaveLength(1);
});
