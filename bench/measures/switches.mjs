import { interleave } from '../lab/rounds.mjs';
import { volley } from '../lab/volley.mjs';
import { number, row } from '../report/row.mjs';
import { medianRatio } from '../report/statistics.mjs';
import { LIMITS_OFF, startPortcullis } from '../subjects/portcullis.mjs';

const VARIANTS = {
  'everything on': {},
  'calls not audited': { AUDIT_CALLS_ENABLED: 'false' },
  'limits off': LIMITS_OFF,
};

/** What recording every call, and limiting it, costs the session check. */
export async function measureSwitches({ laboratory, rounds, seconds }) {
  const trials = {};
  const services = [];
  for (const [name, env] of Object.entries(VARIANTS)) {
    const database = await laboratory.newDatabase(`switch_${services.length}`);
    const service = await startPortcullis(laboratory, { name: `Portcullis, ${name}`, database, env });
    services.push(service);
    const sessions = await service.signIn(await service.register(40));
    const requests = sessions.map((session) => service.sessionCheck(session));
    await volley({ url: service.url, connections: 32, seconds: 1, requests });
    trials[name] = () => volley({ url: service.url, connections: 32, seconds, requests });
  }
  const figures = await interleave('switches', rounds, trials);
  await Promise.all(services.map(({ child }) => laboratory.stop(child)));
  const rates = (name) => figures[name].map(({ perSecond }) => perSecond);
  const against = (measure, name) => {
    const ratio = medianRatio(rates('everything on'), rates(name));
    return row(measure, 'at least 0.90', number(ratio, 2), ratio >= 0.9);
  };
  return {
    rows: [
      against('session checks, audit on against off', 'calls not audited'),
      against('session checks, limits on against off', 'limits off'),
    ],
  };
}
