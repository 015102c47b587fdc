import { once } from 'node:events';
import { readdir, readFile, rm, stat, truncate, utimes } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  EPHEMERAL,
  type EphemeralProcess,
  type EphemeralStart,
  hasSegment,
  startEphemeral,
  tracesOf,
} from '../../support/ephemeral/ephemeral-process.js';
import { temporaryFolder } from '../../support/files/temporary-folder.js';
import { eventually } from '../../support/time/eventually.js';

const TIMEOUT_MS = 240_000;
/** The promise: how long after an end the last trace is gone. */
const GONE_MS = 5000;
/** The promise: how long a start takes that finds a prepared cluster. */
const READY_MS = 2000;
/** Starts after each other and at once; CI's nightly form has twenty. */
const ROUNDS = Number(process.env['ROUNDS'] ?? 1);

/** A started service, ended after the test whatever happens. */
async function start(options?: EphemeralStart): Promise<EphemeralProcess> {
  const service = await startEphemeral(options);
  onTestFinished(async () => {
    if (service.child.exitCode === null && service.child.signalCode === null) service.child.kill('SIGTERM');
    await service.ended;
    await eventually(() => expectNothingLeft(service), { timeoutMs: GONE_MS });
    await rm(service.temporary, { recursive: true });
  });
  return service;
}

async function expectNothingLeft(
  { temporary }: EphemeralProcess,
  segments: readonly string[] = [],
): Promise<void> {
  expect(await tracesOf(temporary)).toEqual({ processes: [], segments: [], files: [] });
  for (const id of segments) expect(await hasSegment(id)).toBe(false);
}

/** The process of the service itself, which npm or a shell may stand before. */
async function serviceOf({ temporary }: EphemeralProcess): Promise<number> {
  const { processes } = await tracesOf(temporary);
  const commands = await Promise.all(
    processes.map(async (pid) => [pid, await readFile(`/proc/${pid}/stat`, 'utf8')] as const),
  );
  // The watchdog names the folder, and the service is its parent.
  const [, stat] = commands.find(([, text]) => text.includes('(MainThread)') || text.includes('(node)'))!;
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

describe('start:ephemeral', { timeout: TIMEOUT_MS }, () => {
  it('prints one line when it is ready, logs elsewhere, and leaves nothing when it is told to end', async () => {
    const log = join(await temporaryFolder(), 'service.log');
    const service = await start({ words: ['--log', log] });
    const { url, adminKey, mailbox } = await service.ready;
    expect(url).toMatch(/^http:\/\/localhost:\d+$/);
    expect(mailbox).toBe(`${url}/dev/mailbox`);
    expect(adminKey).toMatch(/^ptc_s_/);
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    expect(await (await fetch(mailbox)).json()).toEqual({ items: [] });
    const { segments } = await tracesOf(service.temporary);
    expect(segments).toHaveLength(1);
    service.child.kill('SIGTERM');
    expect(await service.ended).toBe(0);
    await expectNothingLeft(service, segments);
    expect(service.stdout().trimEnd().split('\n')).toHaveLength(1);
    expect(service.stderr()).toBe('');
    expect(await readFile(log, 'utf8')).toContain('Listening on');
  });

  it('ends with the process that ran npm, however that ends, and leaves nothing', async () => {
    const program = `
      const { spawn } = require('node:child_process');
      spawn('npm', ['run', '--silent', 'start:ephemeral'], { stdio: ['pipe', 'inherit', 'inherit'] });`;
    const service = await start({ command: [process.execPath, '-e', program] });
    await service.ready;
    const { segments } = await tracesOf(service.temporary);
    service.child.kill('SIGKILL');
    await eventually(() => expectNothingLeft(service, segments), { timeoutMs: GONE_MS });
  });

  it('ends with a shell between it and its parent', async () => {
    const service = await start({ command: ['sh', '-c', `"${EPHEMERAL.join('" "')}"; true`] });
    await service.ready;
    service.child.kill('SIGKILL');
    await eventually(() => expectNothingLeft(service), { timeoutMs: GONE_MS });
  });

  it.each(['SIGKILL', 'SIGSTOP'] as const)(
    'leaves nothing when it gets %s and its parent goes',
    async (signal) => {
      const service = await start({ command: ['sh', '-c', `"${EPHEMERAL.join('" "')}"; sleep 60`] });
      await service.ready;
      const { segments } = await tracesOf(service.temporary);
      process.kill(await serviceOf(service), signal);
      if (signal === 'SIGSTOP') service.child.kill('SIGKILL');
      await eventually(() => expectNothingLeft(service, segments), { timeoutMs: GONE_MS });
      // The shell, and what it waits for.
      process.kill(-service.child.pid!, 'SIGKILL');
    },
  );

  it('leaves nothing when it is killed while it starts', async () => {
    const service = await start();
    await eventually(async () => expect((await tracesOf(service.temporary)).processes).not.toEqual([]));
    service.child.kill('SIGKILL');
    await eventually(() => expectNothingLeft(service), { timeoutMs: GONE_MS });
  });

  it('is ready within two seconds after the first start, in the median of the rounds', async () => {
    const tookMs: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const service = await start();
      const startedMs = performance.now();
      await service.ready;
      tookMs.push(Math.round(performance.now() - startedMs));
      service.child.kill('SIGTERM');
      await service.ended;
    }
    const [median] = tookMs.toSorted((a, b) => a - b).slice(Math.floor(ROUNDS / 2));
    process.stdout.write(`Ready after ${tookMs.join(', ')} ms; median ${median} ms\n`);
    // One start on a machine that runs other tests proves nothing.
    expect(median).toBeLessThan(ROUNDS < 20 ? TIMEOUT_MS : READY_MS);
  });

  it('notes each use of the prepared cluster, and replaces one that is damaged', async () => {
    const cache = await temporaryFolder();
    const run = async () => {
      const service = await start({ env: { XDG_CACHE_HOME: cache } });
      await service.ready;
      service.child.kill('SIGTERM');
      await service.ended;
    };
    const clusters = async () => (await readdir(join(cache, 'portcullis'))).filter((name) => name !== 'code');
    await run();
    const [name] = await clusters();
    const prepared = join(cache, 'portcullis', name!);
    await utimes(prepared, 1, 1);
    await run();
    expect((await stat(prepared)).mtimeMs).toBeGreaterThan(Date.now() - TIMEOUT_MS);
    // Without the content of this file, PostgreSQL does not start.
    const control = join(prepared, 'global', 'pg_control');
    const { size } = await stat(control);
    await truncate(control, 0);
    await Promise.all([run(), run()]);
    expect(await clusters()).toEqual([name]);
    expect((await stat(control)).size).toBe(size);
  });

  it('starts several at once, on ports of their own', async () => {
    const count = Math.min(8, 2 * ROUNDS);
    const services = await Promise.all(Array.from({ length: count }, () => start()));
    const lines = await Promise.all(services.map(({ ready }) => ready));
    expect(new Set(lines.map(({ url }) => url)).size).toBe(count);
  });

  it('refuses the environment of an installation, and starts all the same when it is told to', async () => {
    const env = {
      DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
      NODE_ENV: 'production',
      REDIS_URL: 'nonsense',
    };
    const refused = await start({ env });
    expect(await refused.ended).toBe(78);
    expect(refused.stderr()).toContain('DATABASE_URL');
    expect(refused.stderr()).toContain('NODE_ENV');
    const service = await start({ env, words: ['--ignore-env'] });
    const { url } = await service.ready;
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
  });

  it('names its port where that is taken, before it prepares anything', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void taken.close());
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const service = await start({ words: ['--port', String(port)] });
    expect(await service.ended).toBe(78);
    expect(service.stderr()).toBe(`--port ${port}: address already in use (EADDRINUSE)\n`);
  });

  it('warns of nothing that a throwaway service is meant to do without', async () => {
    const service = await start({ words: ['--limits', 'off'] });
    await service.ready;
    expect(service.stderr()).toContain('Listening on');
    expect(service.stderr()).not.toContain('"level":"warn"');
  });

  it.each([
    ['TMPDIR', { env: { TMPDIR: '/nonexistent' } }],
    ['--log', { words: ['--log', '/nonexistent/service.log'] }],
  ])('names %s where it leads to no folder', async (name, options) => {
    const service = await start(options);
    expect(await service.ended).toBe(78);
    expect(service.stderr()).toMatch(new RegExp(`^${name}: no such file or folder \\(ENOENT\\)$`, 'm'));
  });

  it.each([[['--limits', 'some']], [['--port', '0']], [['--nonsense']], [['word']]])(
    'explains its usage for %j',
    async (words) => {
      const service = await start({ words });
      expect(await service.ended).toBe(64);
      expect(service.stderr()).toContain('Usage: portcullis ephemeral');
      expect(service.stdout()).toBe('');
    },
  );
});
