import { open } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { failureOf } from './failure.js';
import { WorkerFailed } from './workers.js';
import { ConfigurationFault } from '../platform/config/configuration-fault.js';
import { StartFault } from '../platform/config/start-fault.js';
import { StartInterrupted } from '../platform/database/advisory-lock.js';

const withCode = (code: string) => Object.assign(new Error('secret text'), { code });

describe('a failed start', () => {
  it('reports every fault of the configuration, and exits with 78', () => {
    expect(failureOf(new ConfigurationFault(['PORT is wrong', 'HOST is wrong']))).toEqual({
      exitCode: 78,
      lines: ['PORT is wrong', 'HOST is wrong'],
    });
  });

  it.each([
    ['ECONNREFUSED', 'DATABASE_URL: connection refused (ECONNREFUSED)'],
    ['3D000', 'DATABASE_URL: the database does not exist (3D000)'],
    [
      '42501',
      'DATABASE_URL: the role lacks a privilege. The role of DATABASE_MIGRATION_URL creates the tables, at the start or by a migration that is run before it (42501)',
    ],
    ['28P01', 'DATABASE_URL: the role or its password was rejected (28P01)'],
  ])('reports %s in one line that names the variable', (code, line) => {
    expect(failureOf(withCode(code))).toEqual({ exitCode: 78, lines: [line] });
  });

  it.each([
    ['PORT', 'EADDRINUSE', 'PORT: address already in use (EADDRINUSE)'],
    ['HOST', 'ENOTFOUND', 'HOST: host not found (ENOTFOUND)'],
    [
      'DATABASE_MIGRATION_URL',
      '28P01',
      'DATABASE_MIGRATION_URL: the role or its password was rejected (28P01)',
    ],
    ['DATA_DIR', 'EROFS', 'DATA_DIR: the file system is read-only (EROFS)'],
  ])('names %s when its step failed', (variable, code, line) => {
    expect(failureOf(new StartFault(variable, withCode(code)))).toEqual({ exitCode: 78, lines: [line] });
  });

  it('names the file, and no variable, when no step says which one led to it', async () => {
    const path = '/nonexistent/service.log';
    const error: unknown = await open(path).catch((thrown: unknown) => thrown);
    expect(failureOf(error)).toEqual({
      exitCode: 78,
      lines: [`${path}: no such file or folder (ENOENT)`],
    });
  });

  it.each(['57P03', '53300'])('lets a supervisor try again after %s', (code) => {
    expect(failureOf(withCode(code)).exitCode).toBe(1);
  });

  it('exits with 0 and without output when a signal interrupts its wait', () => {
    expect(failureOf(new StartInterrupted())).toEqual({ exitCode: 0, lines: [] });
  });

  it('exits with the code of a worker that could not start', () => {
    expect(failureOf(new WorkerFailed({ code: 78 }, 'before it listened')).exitCode).toBe(78);
  });

  it('reports an unexpected error in full', () => {
    const error = new Error('a surprise');
    expect(failureOf(error)).toEqual({ exitCode: 1, lines: [error.stack] });
    expect(failureOf('a text')).toEqual({ exitCode: 1, lines: ['a text'] });
  });
});
