import { describe, expect, it } from 'vitest';
import { lineageOf } from './lineage.js';
import type { ProcessRecord } from './process-table.js';

/** A table of processes, each the child of the next; the first is the service, 100, and the last is process 1. */
function tableOf(...commands: string[][]): (pid: number) => ProcessRecord | null {
  const records = commands.map((words, index) => ({
    pid: index === commands.length - 1 ? 1 : 100 + index,
    parent: index === commands.length - 1 ? 0 : index === commands.length - 2 ? 1 : 101 + index,
    session: index === commands.length - 1 ? 1 : 1,
    startedAt: String(index),
    words,
  }));
  return (pid) => records.find((record) => record.pid === pid) ?? null;
}

const SERVICE = ['node', 'scripts/portcullis.cjs', 'ephemeral'];
const INIT = ['/sbin/init'];
const pids = (...commands: string[][]) => lineageOf(100, tableOf(...commands))?.map(({ pid }) => pid);

describe('The lineage of a process', () => {
  it.each([
    ['the command', [['node', 'vitest.mjs']]],
    [
      'npm',
      [
        ['sh', '-c', 'node scripts/portcullis.cjs ephemeral'],
        ['npm run start:ephemeral'],
        ['node', 'vitest.mjs'],
      ],
    ],
    [
      'a shell that ran npx',
      [
        ['sh', '-c', 'portcullis ephemeral'],
        ['node', '/usr/lib/node_modules/npm/bin/npx-cli.js', 'portcullis'],
        ['/bin/dash', '-c', 'npx portcullis ephemeral; true'],
        ['node', 'playwright'],
      ],
    ],
    ['npm from a script of the shell', [['sh', '-c', 'x'], ['npm run e2e'], ['/bin/bash', './e2e.sh']]],
    ['npm at a prompt', [['sh', '-c', 'x'], ['npm exec portcullis ephemeral'], ['-bash']]],
    [
      'pnpm',
      [
        ['node', '/usr/bin/pnpm', 'exec', 'portcullis'],
        ['make', 'e2e'],
      ],
    ],
  ])('ends with the process that ran %s', (_, between) => {
    const above = ['sshd: somebody'];
    expect(pids(SERVICE, ...between, above, INIT)).toEqual([100, ...between.map((_, index) => 101 + index)]);
  });

  it('ends with process 1 in a container that runs nothing else', () => {
    expect(pids(SERVICE, ['sh', '-c', 'x'], ['npm run start:ephemeral'])).toEqual([100, 101, 1]);
  });

  it('is lost when process 1 has adopted one of it', () => {
    const orphan = tableOf(SERVICE, ['sh', '-c', 'x'], INIT);
    const inAnotherSession = (pid: number) => {
      const found = orphan(pid);
      return found && pid !== 1 ? { ...found, session: 55 } : found;
    };
    expect(lineageOf(100, inAnotherSession)).toBeNull();
  });

  it('is lost when a parent has ended', () => {
    const table = tableOf(SERVICE, ['sh', '-c', 'x'], ['npm run start:ephemeral'], INIT);
    expect(lineageOf(100, (pid) => (pid === 102 ? null : table(pid)))).toBeNull();
  });

  it('is found for this very process', () => {
    expect(lineageOf(process.pid)?.[0]?.pid).toBe(process.pid);
  });
});
