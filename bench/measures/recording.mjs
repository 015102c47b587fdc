import { availableParallelism } from 'node:os';
import { interleave } from '../lab/rounds.mjs';
import { volley } from '../lab/volley.mjs';
import { number } from '../report/row.mjs';
import { median, medianRatio } from '../report/statistics.mjs';
import { MAY_OMIT_CALLS, startPortcullis } from '../subjects/portcullis.mjs';
import { loginFor } from './login.mjs';
import { refreshFor } from './refresh.mjs';

const CONNECTIONS = 16;
const VARIANTS = { recorded: {}, 'not recorded': { AUDIT_CALLS_ENABLED: 'false' } };

/** Measures what recording the call adds to each kind of request: processor time of the service, PostgreSQL and Redis together. */
export async function measureRecording({ laboratory, rounds, seconds }) {
  const services = [];
  for (const [name, env] of Object.entries(VARIANTS)) {
    const database = await laboratory.newDatabase(`recording_${services.length}`);
    const service = await startPortcullis(laboratory, {
      name: `Portcullis, ${name}`,
      database,
      env: { ...MAY_OMIT_CALLS, ...env },
    });
    service.people = await service.register(40);
    services.push({ name, service, trials: await trialsOf(service, seconds) });
  }
  const lines = [];
  for (const kind of Object.keys(services[0].trials)) {
    const trials = Object.fromEntries(
      services.map(({ name, service, trials: of }) => [name, () => costOf(laboratory, service, of[kind])]),
    );
    const figures = await interleave(`recording, ${kind}`, rounds, trials);
    const costs = (name) => figures[name].map(({ microseconds }) => microseconds);
    const added = medianRatio(costs('recorded'), costs('not recorded')) - 1;
    lines.push([
      kind,
      ...services.map(({ name }) => `${number(median(costs(name)))} µs`),
      `${number(added * 100)} %`,
    ]);
  }
  await Promise.all(services.map(({ service }) => laboratory.stop(service.child)));
  return {
    rows: [],
    table: {
      title: 'Processor time of a request, with and without the record of its call',
      head: ['request', ...Object.keys(VARIANTS), 'added'],
      rows: lines,
    },
  };
}

/** For each kind of request, a function that sends it for some seconds. */
async function trialsOf(service, seconds) {
  const sessions = await service.signIn(service.people.slice(0, CONNECTIONS));
  const rotating = await service.signIn(service.people.slice(CONNECTIONS, 2 * CONNECTIONS));
  const check = service.sessionCheck(sessions[0]);
  const each = (change) => sessions.map((session) => ({ ...service.sessionCheck(session), ...change }));
  const send = (requests, accept) => () =>
    volley({ url: service.url, connections: CONNECTIONS, seconds, requests, accept });
  return {
    'session check': send(each({})),
    'refused, no token': send([{ ...check, headers: {} }], [401]),
    "a page of one's own activity": send(each({ path: '/users/me/activity' })),
    'change of a display name': send(
      each({}).map(({ headers, ...request }) => ({
        ...request,
        method: 'PUT',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ displayName: 'Another Name' }),
      })),
    ),
    refresh: () => refreshFor(service, rotating, seconds),
    login: () => loginFor(service, seconds, availableParallelism()),
  };
}

async function costOf(laboratory, { child }, fire) {
  const sum = async () =>
    Object.values(await laboratory.cpuTimes(child)).reduce((total, time) => total + time, 0);
  const before = await sum();
  const { count, perSecond } = await fire();
  return { perSecond, microseconds: ((await sum()) - before) * (1000 / count) };
}
