import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../support/files/temporary-folder.js';
import { startService } from '../support/servers/service-process.js';

const PERSON = { email: 'ada@example.org', password: 'a long walk beside the analytical engine' };

/** A response to a registration or a login. */
interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly tookMs: number;
}

it(
  'A service survives if its PostgreSQL is killed: 503 within two seconds, and recovery within five',
  { timeout: 180_000 },
  async () => {
    const dataDir = await temporaryFolder();
    const service = await startService({
      command: [process.execPath, 'scripts/start.cjs'],
      env: {
        DATA_DIR: dataDir,
        BCRYPT_ROUNDS: '10',
        RATE_LIMIT_REGISTER: 'off',
        RATE_LIMIT_DEFAULT: 'off',
      },
    });
    onTestFinished(async () => {
      service.child.kill('SIGTERM');
      await service.ended;
    });
    await service.ready;
    const post = async (path: string, body: object): Promise<Answer> => {
      const sentMs = performance.now();
      const { status, headers } = await fetch(service.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return { status, retryAfter: headers.get('retry-after'), tookMs: performance.now() - sentMs };
    };
    await post('/auth/register', PERSON);
    const pidFile = await readFile(join(dataDir, 'postgres', 'cluster', 'postmaster.pid'), 'utf8');
    process.kill(Number(pidFile.split('\n')[0]), 'SIGKILL');

    const killedMs = performance.now();
    const answers: Answer[] = [];
    while (answers.at(-1)?.status !== 201 && performance.now() - killedMs < 10_000) {
      const email = `person-${answers.length}@example.org`;
      answers.push(await post('/auth/register', { ...PERSON, email }));
    }
    const refused = answers.filter(({ status }) => status !== 201);
    expect(refused.length).toBeGreaterThan(0);
    for (const { status, retryAfter, tookMs } of refused) {
      expect([status, Number(retryAfter) > 0]).toEqual([503, true]);
      expect(tookMs).toBeLessThan(2000);
    }
    expect(performance.now() - killedMs).toBeLessThan(5000);
    expect((await post('/auth/login', PERSON)).status).toBe(200);
  },
);
