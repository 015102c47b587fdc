import { hasHaproxy, startHaproxy } from '../lab/haproxy.mjs';
import { startRedisCluster } from '../lab/redis-cluster.mjs';
import { interleave } from '../lab/rounds.mjs';
import { volley, warmUp } from '../lab/volley.mjs';
import { number, row } from '../report/row.mjs';
import { medianRatio } from '../report/statistics.mjs';
import { startPortcullis } from '../subjects/portcullis.mjs';

const ONE = 'one process';

/**
 * Measures the effect of more processes, a balancer and a Redis Cluster. The load generator, PostgreSQL, Redis and the
 * balancer share the machine with all of them, so on two cores there is nothing to gain and only the cost is visible.
 */
export async function measureScaleOut({ laboratory, rounds, seconds }) {
  const children = [];
  const service = async (name, env = {}) => {
    const database = await laboratory.newDatabase(name.replaceAll(/\W/g, '_'));
    const one = await startPortcullis(laboratory, { name: `Portcullis, ${name}`, database, env });
    children.push(one.child);
    return one;
  };
  const fronts = {
    [ONE]: async () => service(ONE),
    'two workers': async () => service('two workers', { WEB_CONCURRENCY: '2' }),
    ...(hasHaproxy() && {
      'two instances behind haproxy': async () => {
        const [first, second] = await twins(service, laboratory);
        const { url, child } = await startHaproxy(laboratory, [first, second]);
        children.push(child);
        return { ...first, url, register: first.register.bind(first), signIn: first.signIn.bind(first) };
      },
    }),
    'a Redis Cluster of three': async () => {
      const cluster = await startRedisCluster(laboratory);
      children.push(...cluster.children);
      return service('redis cluster', { REDIS_URL: cluster.urls });
    },
  };
  const trials = {};
  for (const [name, start] of Object.entries(fronts)) {
    const front = await start();
    const sessions = await front.signIn(await front.register(40));
    const requests = sessions.map(({ accessToken }) => ({
      method: 'GET',
      path: '/users/me',
      headers: { authorization: `Bearer ${accessToken}` },
    }));
    const load = { url: front.url, connections: 32, requests };
    await warmUp(load);
    trials[name] = () => volley({ ...load, seconds });
  }
  const figures = await interleave('scale-out', rounds, trials);
  for (const child of children.reverse()) await laboratory.stop(child);
  const rates = (name) => figures[name].map(({ perSecond }) => perSecond);
  return {
    rows: Object.keys(trials)
      .filter((name) => name !== ONE)
      .map((name) =>
        row(
          `${name} against one, generator on the same cores`,
          'reported',
          `${number(medianRatio(rates(name), rates(ONE)), 2)} times`,
        ),
      ),
  };
}

/** Starts two instances of one installation: one database, one Redis, one public URL, the same secrets. */
async function twins(service, laboratory) {
  const env = { REDIS_URL: laboratory.newRedis(), PUBLIC_URL: 'https://auth.example.com' };
  const first = await service('first of two', env);
  const second = await startPortcullis(laboratory, {
    name: 'Portcullis, second of two',
    database: first.database,
    env,
  });
  return [first, second];
}
