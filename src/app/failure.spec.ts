import { describe, expect, it } from 'vitest';
import { failureOf } from './failure.js';
import { WorkerFailed } from './workers.js';
import { ConfigurationFault } from '../platform/config/configuration-fault.js';

const withCode = (code: string) => Object.assign(new Error('secret text'), { code });

describe('a failed start', () => {
  it('tells every fault of the configuration, and ends with 78', () => {
    expect(failureOf(new ConfigurationFault(['PORT is wrong', 'HOST is wrong']))).toEqual({
      exitCode: 78,
      lines: ['PORT is wrong', 'HOST is wrong'],
    });
  });

  it.each([
    ['ECONNREFUSED', 'DATABASE_URL: nobody listens there (ECONNREFUSED)'],
    ['3D000', 'DATABASE_URL: there is no such database (3D000)'],
    [
      '42501',
      'DATABASE_URL: the role lacks a right. The tables are made by the role of DATABASE_MIGRATION_URL, at the start or by npm run migration:run (42501)',
    ],
    ['28P01', 'DATABASE_URL: the role or its password is refused (28P01)'],
    ['EADDRINUSE', 'PORT: somebody listens there already (EADDRINUSE)'],
  ])('tells of %s in one line that names the variable', (code, line) => {
    expect(failureOf(withCode(code))).toEqual({ exitCode: 1, lines: [line] });
  });

  it('ends as the worker ended that could not start', () => {
    expect(failureOf(new WorkerFailed(78)).exitCode).toBe(78);
  });

  it('tells everything of what nobody expected', () => {
    const error = new Error('a surprise');
    expect(failureOf(error)).toEqual({ exitCode: 1, lines: [error.stack] });
    expect(failureOf('a text')).toEqual({ exitCode: 1, lines: ['a text'] });
  });
});
