import { query } from '../lab/laboratory.mjs';
import { interleave } from '../lab/rounds.mjs';
import { seed } from '../lab/seed.mjs';
import { volley } from '../lab/volley.mjs';
import { ms, number, row } from '../report/row.mjs';
import { median, medianRatio, quantile } from '../report/statistics.mjs';
import { startPortcullis } from '../subjects/portcullis.mjs';
import { loginFor } from './login.mjs';
import { refreshFor } from './refresh.mjs';

const SIZE = { users: 1_000_000, calls: 10_000_000, events: 1_000_000 };
const PAGES = 200;

/** Checks that existing rows cost nothing, by the same measures on a full and on an empty database. */
export async function measureScale({ laboratory, rounds, seconds }) {
  const services = {};
  for (const name of ['empty', 'full']) {
    const database = await laboratory.newDatabase(`scale_${name}`);
    const env = { AUDIT_VERIFY_INTERVAL_SECONDS: '86400' };
    services[name] = await startPortcullis(laboratory, { name: `Portcullis, ${name}`, database, env });
    services[name].people = await services[name].register(40);
    services[name].sessions = await services[name].signIn(services[name].people);
  }
  await seed(services.full.database.superuserUrl, SIZE);
  const rows = [];
  for (const [what, trial] of Object.entries(MEASURES)) {
    const trials = Object.fromEntries(
      Object.entries(services).map(([name, service]) => [name, () => trial(service, seconds)]),
    );
    const figures = await interleave(`${what}, full against empty`, rounds, trials);
    const rates = (name) => figures[name].map(({ perSecond }) => perSecond);
    const ratio = medianRatio(rates('full'), rates('empty'));
    rows.push(row(`${what}, at 1 M users and 10 M calls`, 'at least 0.95', number(ratio, 2), ratio >= 0.95));
  }
  rows.push(...(await measurePages(services.full)));
  await Promise.all(Object.values(services).map(({ child }) => laboratory.stop(child)));
  return { rows };
}

const MEASURES = {
  'session check': (service, seconds) =>
    volley({
      url: service.url,
      connections: 32,
      seconds,
      requests: service.sessions.map((session) => service.sessionCheck(session)),
    }),
  login: (service, seconds) => loginFor(service, seconds * 2, 4),
  refresh: (service, seconds) => refreshFor(service, service.sessions, seconds),
};

/** Requests pages as users do, one after the other, each for a different user. */
async function measurePages({ url, database, login }) {
  const { rows: people } = await query(
    database.superuserUrl,
    `SELECT id FROM seed_people ORDER BY random() LIMIT ${PAGES}`,
  );
  await query(
    database.superuserUrl,
    `UPDATE users SET roles = '{user,admin}' WHERE email = 'person-0@example.com'`,
  );
  const { path, body, headers } = login({
    email: 'person-0@example.com',
    password: 'wandering otters hum at 4 bells',
  });
  const response = await fetch(url + path, { method: 'POST', body, headers });
  const authorization = `Bearer ${(await response.json()).accessToken}`;
  const from = new Date(Date.now() - 28 * 86_400_000).toISOString();
  const pages = {
    "an administrator's page of one user": ({ id }) => `/audit/events?userId=${id}&from=${from}`,
    "an administrator's page of failures": () => `/audit/events?outcome=failure&from=${from}`,
    "an administrator's page of an address": (_, index) =>
      `/audit/events?address=203.0.${index}.7&from=${from}`,
    'a page of own activity': () => '/users/me/activity',
  };
  const rows = [];
  for (const [what, pathOf] of Object.entries(pages)) {
    const times = [];
    for (const [index, one] of people.entries()) {
      const startedAt = performance.now();
      const answer = await fetch(url + pathOf(one, index), { headers: { authorization } });
      await answer.arrayBuffer();
      times.push(performance.now() - startedAt);
      if (answer.status !== 200) throw new Error(`${what} was answered ${answer.status}.`);
    }
    const p95 = quantile(
      times.sort((a, b) => a - b),
      0.95,
    );
    rows.push(
      row(`${what}, p95 at that size`, 'under 50 ms', `${ms(p95)}, median ${ms(median(times))}`, p95 < 50),
    );
  }
  return rows;
}
