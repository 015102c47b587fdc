import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cpuMs } from '../lab/cpu-time.mjs';
import { query } from '../lab/laboratory.mjs';
import { interleave } from '../lab/rounds.mjs';
import { volley } from '../lab/volley.mjs';
import { ms, number, row } from '../report/row.mjs';
import { median, medianRatio } from '../report/statistics.mjs';
import { startPortcullis } from '../subjects/portcullis.mjs';

const CONNECTIONS = 32;
const SESSIONS = 40;
const ACCOUNTS = 200;
const KEYS = 10_000;

/**
 * A process reads each key in use again after this time, so a run of this length has its share of reads. The figure means
 * little on a machine so busy that most keys are used only once in it.
 */
const KEYS_SECONDS = 30;

/** Says who is asking, and nothing else: no assertion is signed, and no row is read. */
const RULES = 'rules: { open: { access: anonymous } }';

const CHECK = 'session check (GET /users/me)';
const BY_SESSION = 'forward-auth request with a session';
const BY_KEPT_KEY = 'forward-auth request with one of 40 keys';
const BY_KEY = 'forward-auth request with one of 10,000 keys';

/**
 * Measures requests with 10,000 API keys in use against the session check. Keys are used at the gateway, which does nothing
 * but identify the caller, because no route that they open is as light as `GET /users/me`.
 */
export async function measureApiKeys({ laboratory, rounds, seconds }) {
  const rules = join(await laboratory.newFolder('rules'), 'rules.yaml');
  await writeFile(rules, RULES);
  const database = await laboratory.newDatabase('api_keys');
  const env = {
    GATEWAY_PEERS: '127.0.0.1',
    GATEWAY_RULES_FILE: rules,
    RATE_LIMIT_GATE: '9000000/60',
  };
  const service = await startPortcullis(laboratory, { name: 'Portcullis, API keys', database, env });
  const sessions = (await service.signIn(await service.register(SESSIONS))).map(
    ({ accessToken }) => accessToken,
  );
  const keys = await insertKeys(service);
  await assertAccepted(service.url, keys[0]);
  const figures = await interleave('api keys', rounds, {
    [CHECK]: trial(service, sessions, '/users/me', seconds),
    [BY_SESSION]: trial(service, sessions, '/gate/open', seconds),
    [BY_KEPT_KEY]: trial(service, keys.slice(0, SESSIONS), '/gate/open', seconds),
    [BY_KEY]: trial(service, keys, '/gate/open', KEYS_SECONDS),
  });
  await laboratory.stop(service.child);
  const rate = medianRatio(rates(figures[BY_KEY]), rates(figures[CHECK]));
  const kept = medianRatio(rates(figures[BY_KEPT_KEY]), rates(figures[CHECK]));
  const cost = medianRatio(costs(figures[BY_KEY]), costs(figures[CHECK]));
  return {
    rows: [
      row('10,000 API keys in use, against the session check', 'at least 0.9', number(rate, 2), rate >= 0.9),
      row('forty API keys in use, against the session check', 'at least 0.9', number(kept, 2), kept >= 0.9),
      row('10,000 API keys, processor time of the service', 'reported', `${number(cost, 2)} times`),
    ],
    table: {
      title: `API keys, ${CONNECTIONS} connections, ${number(KEYS)} keys and ${SESSIONS} sessions in turn`,
      head: ['request', 'per second', 'median', 'p99', 'processor time of the service'],
      rows: Object.entries(figures).map(([name, own]) => [
        name,
        number(median(rates(own))),
        ms(median(own.map((figure) => figure.median))),
        ms(median(own.map(({ p99 }) => p99))),
        `${number(median(costs(own)), 3)} ms`,
      ]),
    },
  };
}

/** Each connection uses tokens of its own, so that all of them are in use. */
function trial({ url, child }, tokens, path, seconds) {
  const requestOf = (token) => ({ method: 'GET', path, headers: { authorization: `Bearer ${token}` } });
  const requestsOf = (connection) =>
    tokens.filter((_, index) => index % CONNECTIONS === connection).map(requestOf);
  return async () => {
    const before = cpuMs(child.pid);
    const figure = await volley({ url, connections: CONNECTIONS, seconds, requestsOf });
    return { ...figure, cpuPerRequestMs: (cpuMs(child.pid) - before) / figure.count };
  };
}

/** Inserts the keys, because to create them over HTTP would take minutes. Returns them. */
async function insertKeys({ database, settings }) {
  const { MasterKey } = await import('../../dist/src/platform/crypto/master-key.js');
  const { SystemRandomness } = await import('../../dist/src/platform/crypto/randomness.js');
  const { newKey } = await import('../../dist/src/machines/keys/key-format.js');
  const masterKey = new MasterKey(settings.JWT_SECRET_KEY);
  const randomness = new SystemRandomness();
  const keys = Array.from({ length: KEYS }, () => newKey('service-account', randomness));
  const digests = keys.map((key) => masterKey.mac('api-key-digest', key).toString('hex'));
  await query(
    database.ownerUrl,
    `CREATE TEMPORARY TABLE accounts AS SELECT n, gen_random_uuid() AS id FROM generate_series(0, ${ACCOUNTS - 1}) AS n`,
    `INSERT INTO service_accounts (id, name, scopes, created_at) SELECT id, 'Bench', '{orders:read}', now() FROM accounts`,
    `INSERT INTO api_keys (id, service_account_id, name, scopes, hint, digest, secret_id, lifetime_days, created_at, expires_at)
     SELECT gen_random_uuid(), accounts.id, 'Bench', '{orders:read}', 'ptc_s_', decode(digest, 'hex'), '${masterKey.id}', 90,
            now(), now() + interval '90 days'
     FROM unnest('{${digests.join(',')}}'::text[]) WITH ORDINALITY AS key (digest, number)
     JOIN accounts ON accounts.n = key.number % ${ACCOUNTS}`,
  );
  return keys;
}

async function assertAccepted(url, key) {
  const response = await fetch(`${url}/gate/open`, { headers: { authorization: `Bearer ${key}` } });
  await response.arrayBuffer();
  if (!response.headers.get('x-portcullis-key')) throw new Error('A key of the bench is not accepted.');
}

const rates = (figures) => figures.map(({ perSecond }) => perSecond);
const costs = (figures) => figures.map(({ cpuPerRequestMs }) => cpuPerRequestMs);
