import { QueryFailedError } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { describeError } from './describe-error.js';

describe('an error in the log', () => {
  it('describes the failure without the values of the statement or the row', () => {
    const refused = Object.assign(new Error('new row violates check constraint "users_check"'), {
      code: '23514',
      constraint: 'users_check',
      detail: 'Failing row contains (ada@example.org, $2b$12$secret).',
    });
    const error = new QueryFailedError(
      'INSERT INTO users ...',
      ['ada@example.org', '$2b$12$secret'],
      refused,
    );
    const described = describeError(error);
    expect(described).toMatchObject({
      type: 'QueryFailedError',
      message: 'new row violates check constraint "users_check"',
      code: '23514',
      constraint: 'users_check',
      stack: expect.stringContaining('QueryFailedError'),
    });
    expect(JSON.stringify(described)).not.toMatch(/ada@example|secret/);
  });

  it('includes its causes to a limited depth', () => {
    const circle = new Error('outer', { cause: new Error('inner') });
    expect(describeError(circle)).toMatchObject({ cause: { message: 'inner' } });
    (circle.cause as Error).cause = circle;
    expect(JSON.stringify(describeError(circle)).length).toBeLessThan(100_000);
  });

  it('describes a thrown value that is not an error', () => {
    expect(describeError('a text')).toEqual({ type: 'string', message: 'a text' });
  });
});
