import { interleave } from '../lab/rounds.mjs';
import { volley } from '../lab/volley.mjs';
import { number, row } from '../report/row.mjs';
import { medianRatio } from '../report/statistics.mjs';
import { startPortcullis } from '../subjects/portcullis.mjs';
import { loginFor } from './login.mjs';

const RULES = [
  'BRUTE_FORCE',
  'DISTRIBUTED_GUESSING',
  'CREDENTIAL_STUFFING',
  'PASSWORD_SPRAYING',
  'TOKEN_FORGERY',
  'RATE_LIMIT_STORM',
];
const all = (limit) => Object.fromEntries(RULES.map((rule) => [`DETECT_${rule}`, limit]));

/** `on` evaluates every login, with windows of the usual length that never trigger. */
const VARIANTS = { on: all('9000000/600'), off: all('off') };

/** Measures the cost of detection, which reads the trail asynchronously, for logins and session checks. */
export async function measureDetection({ laboratory, rounds, seconds }) {
  const logins = {};
  const checks = {};
  const services = [];
  for (const [name, env] of Object.entries(VARIANTS)) {
    const database = await laboratory.newDatabase(`detection_${name}`);
    const service = await startPortcullis(laboratory, {
      name: `Portcullis, detection ${name}`,
      database,
      env,
    });
    services.push(service);
    service.people = await service.register(40);
    const sessions = await service.signIn(service.people);
    const requests = sessions.map((session) => service.sessionCheck(session));
    await volley({ url: service.url, connections: 32, seconds: 1, requests });
    logins[name] = () => loginFor(service, seconds * 2, 4);
    checks[name] = () => volley({ url: service.url, connections: 32, seconds, requests });
  }
  const rows = [];
  for (const [what, trials] of Object.entries({ logins, 'session checks': checks })) {
    const figures = await interleave(`detection, ${what}`, rounds, trials);
    const rates = (name) => figures[name].map(({ perSecond }) => perSecond);
    const ratio = medianRatio(rates('on'), rates('off'));
    rows.push(row(`${what}, detection on against off`, 'at least 0.97', number(ratio, 2), ratio >= 0.97));
  }
  await Promise.all(services.map(({ child }) => laboratory.stop(child)));
  return { rows };
}
