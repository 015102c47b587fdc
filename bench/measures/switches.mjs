import { interleave } from '../lab/rounds.mjs';
import { volley, warmUp } from '../lab/volley.mjs';
import { number, row } from '../report/row.mjs';
import { medianRatio } from '../report/statistics.mjs';
import { LIMITS_OFF, MAY_OMIT_CALLS, startPortcullis } from '../subjects/portcullis.mjs';

const VARIANTS = {
  'everything on': {},
  'calls not audited': { AUDIT_CALLS_ENABLED: 'false' },
  'limits off': LIMITS_OFF,
};

/** A load that leaves both cores half idle, so that the duration of a request is its own work and not queueing. */
const PER_SECOND = 1500;

/** Measures what recording and limiting cost the session check: throughput at full load, and duration at partial load. */
export async function measureSwitches({ laboratory, rounds, seconds }) {
  const trials = {};
  const calm = {};
  const services = [];
  for (const [name, env] of Object.entries(VARIANTS)) {
    const database = await laboratory.newDatabase(`switch_${services.length}`);
    const service = await startPortcullis(laboratory, {
      name: `Portcullis, ${name}`,
      database,
      env: { ...MAY_OMIT_CALLS, ...env },
    });
    services.push(service);
    const sessions = await service.signIn(await service.register(40));
    const requests = sessions.map((session) => service.sessionCheck(session));
    const load = { url: service.url, connections: 32, seconds, requests };
    await warmUp(load);
    trials[name] = () => volley(load);
    calm[name] = () => volley({ ...load, perSecond: PER_SECOND });
  }
  const figures = await interleave('switches', rounds, trials);
  const unhurried = await interleave(`switches at ${PER_SECOND} per second`, rounds, calm);
  await Promise.all(services.map(({ child }) => laboratory.stop(child)));
  const rates = (name) => figures[name].map(({ perSecond }) => perSecond);
  const against = (measure, name) => {
    const ratio = medianRatio(rates('everything on'), rates(name));
    return row(measure, 'at least 0.90', number(ratio, 2), ratio >= 0.9);
  };
  const longer = (what) => {
    const medians = (name) => unhurried[name].map((figure) => figure.median);
    return medianRatio(medians('everything on'), medians(what));
  };
  const [audited, limited] = [longer('calls not audited'), longer('limits off')];
  const times = (ratio) => `${number(ratio, 2)} times`;
  return {
    rows: [
      against('session checks, audit on against off', 'calls not audited'),
      against('session checks, limits on against off', 'limits off'),
      row(
        `time of a session check at ${PER_SECOND} per second, audit on against off`,
        'at most 1.10 times',
        times(audited),
        audited <= 1.1,
      ),
      row('the same, limits on against off', 'reported', times(limited)),
    ],
  };
}
