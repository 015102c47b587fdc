import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasNginx, startNginx } from '../lab/nginx.mjs';
import { interleave } from '../lab/rounds.mjs';
import { volley } from '../lab/volley.mjs';
import { absent, ms, number, row } from '../report/row.mjs';
import { median, medianRatio } from '../report/statistics.mjs';
import { startBareFastify } from '../subjects/bare-fastify.mjs';
import { startPortcullis } from '../subjects/portcullis.mjs';

const CONNECTIONS = 32;
const SESSIONS = 40;

/** With an assertion for the application, as in the example of docs/gateway.md. */
const RULES = 'rules: { app: { access: signed-in, audience: https://app.example.org } }';

const CHECK = 'session check (GET /users/me)';
const FORWARD_AUTH = 'forward-auth request (/gate/app)';
const THROUGH_US = 'nginx that asks Portcullis';
const THROUGH_BARE = 'nginx that asks bare Fastify';
const BESIDE_CHECK = 'a forward-auth request, against the session check';
const BESIDE_BARE = 'nginx that asks Portcullis, against nginx that asks bare Fastify';

/**
 * Measures what it costs to ask the gateway: directly against the session check, and as the `auth_request` of nginx, with the
 * shipped file, against a service that says yes to everything.
 */
export async function measureGateway({ laboratory, rounds, seconds }) {
  const rules = join(await laboratory.newFolder('rules'), 'rules.yaml');
  await writeFile(rules, RULES);
  const service = await startPortcullis(laboratory, {
    name: 'Portcullis, gateway',
    database: await laboratory.newDatabase('gateway'),
    env: { GATEWAY_PEERS: '127.0.0.1', GATEWAY_RULES_FILE: rules, RATE_LIMIT_GATE: '9000000/60' },
  });
  const sessions = await service.signIn(await service.register(SESSIONS));
  const fire = (url, path) => {
    const requests = sessions.map((session) => ({ ...service.sessionCheck(session), path }));
    return () => volley({ url, connections: CONNECTIONS, seconds, requests });
  };
  const trials = { [CHECK]: fire(service.url, '/users/me'), [FORWARD_AUTH]: fire(service.url, '/gate/app') };
  const children = [service.child];
  if (hasNginx()) {
    const application = await startBareFastify(laboratory);
    const yes = await startBareFastify(laboratory);
    const fronts = [
      [THROUGH_US, { checker: service.url, path: '/gate/app' }],
      [THROUGH_BARE, { checker: yes.url, path: '/users/me' }],
    ];
    children.push(application.child, yes.child);
    for (const [name, checker] of fronts) {
      const front = await startNginx(laboratory, { name, ...checker, application: application.url });
      children.push(front.child);
      trials[name] = fire(front.url, '/users/me');
    }
  }
  for (const warmUp of Object.values(trials)) await warmUp();
  const figures = await interleave('gateway', rounds, trials);
  for (const child of children.reverse()) await laboratory.stop(child);
  const direct = medianRatio(rates(figures[FORWARD_AUTH]), rates(figures[CHECK]));
  return {
    rows: [row(BESIDE_CHECK, 'at least 0.9', number(direct, 2), direct >= 0.9), throughNginx(figures)],
    table: {
      title: `The gateway, ${CONNECTIONS} connections, ${SESSIONS} sessions in turn`,
      head: ['request', 'per second', 'median', 'p99'],
      rows: Object.entries(figures).map(([name, own]) => [
        name,
        number(median(rates(own))),
        ms(median(own.map((figure) => figure.median))),
        ms(median(own.map(({ p99 }) => p99))),
      ]),
    },
  };
}

function throughNginx(figures) {
  if (!figures[THROUGH_US]) return absent(BESIDE_BARE, 'at least 0.5', 'nginx is not installed');
  const ratio = medianRatio(rates(figures[THROUGH_US]), rates(figures[THROUGH_BARE]));
  return row(BESIDE_BARE, 'at least 0.5', number(ratio, 2), ratio >= 0.5);
}

const rates = (figures) => figures.map(({ perSecond }) => perSecond);
