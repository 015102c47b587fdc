import { interleave } from '../lab/rounds.mjs';
import { volley } from '../lab/volley.mjs';
import { number, row } from '../report/row.mjs';
import { medianRatio } from '../report/statistics.mjs';
import { startPortcullis } from '../subjects/portcullis.mjs';

const COUNTS = [1, 2];

/** What a second worker adds. The load generator, PostgreSQL and Redis share the cores with both. */
export async function measureWorkers({ laboratory, rounds, seconds }) {
  const trials = {};
  const services = [];
  for (const count of COUNTS) {
    const database = await laboratory.newDatabase(`workers_${count}`);
    const env = { WEB_CONCURRENCY: String(count) };
    const service = await startPortcullis(laboratory, {
      name: `Portcullis, ${count} workers`,
      database,
      env,
    });
    services.push(service);
    const sessions = await service.signIn(await service.register(40));
    const requests = sessions.map((session) => service.sessionCheck(session));
    await volley({ url: service.url, connections: 32, seconds: 1, requests });
    trials[count] = () => volley({ url: service.url, connections: 32, seconds, requests });
  }
  const figures = await interleave('workers', rounds, trials);
  await Promise.all(services.map(({ child }) => laboratory.stop(child)));
  const rates = (count) => figures[count].map(({ perSecond }) => perSecond);
  const ratio = medianRatio(rates(2), rates(1));
  return {
    rows: [
      row('two workers against one, generator on the same cores', 'reported', `${number(ratio, 2)} times`),
    ],
  };
}
