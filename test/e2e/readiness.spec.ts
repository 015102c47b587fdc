import { DataSource, type QueryRunner } from 'typeorm';
import { expect, it, onTestFinished } from 'vitest';
import { startApp } from '../support/app/test-app.js';

it('an instance with an exhausted pool stays ready', async () => {
  const app = await startApp({ variables: { DATABASE_POOL_SIZE: '2' } });
  onTestFinished(() => app.close());
  const dataSource = app.app.get(DataSource);
  const borrowed: QueryRunner[] = [dataSource.createQueryRunner(), dataSource.createQueryRunner()];
  await Promise.all(borrowed.map((runner) => runner.connect()));
  const answer = await app.call({ url: '/health/ready' });
  expect([answer.statusCode, answer.json()]).toMatchObject([200, { status: 'ready', postgresql: 'up' }]);
  await Promise.all(borrowed.map((runner) => runner.release()));
});
