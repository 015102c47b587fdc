import { interleave } from '../lab/rounds.mjs';
import { volley, warmUp } from '../lab/volley.mjs';
import { median, medianRatio } from '../report/statistics.mjs';
import { absent, ms, number, row } from '../report/row.mjs';

const CONNECTIONS = 32;
const SESSIONS = 40;

/** Targets for the p99 as multiples of the median: with the usual load, and for a client that is alone. */
const TAIL = 4;
const TAIL_ALONE = 5;

/** Measures `GET /users/me`, or the equivalent of a peer, over forty sessions in turn. */
export async function measureSessionCheck({ subjects, portcullis, betterAuth, fastApi, rounds, seconds }) {
  const trials = {};
  const loads = {};
  for (const subject of subjects) {
    const sessions = subject.signIn ? await subject.signIn(subject.people.slice(0, SESSIONS)) : [null];
    const requests = sessions.map((session) => subject.sessionCheck(session));
    const load = { url: subject.url, connections: CONNECTIONS, requests, seconds };
    loads[subject.name] = load;
    await warmUp(load);
    trials[subject.name] = () => volley(load);
  }
  const figures = await interleave('session check', rounds, trials);
  const ours = figures[portcullis.name];
  const alone = await interleave('session check, one connection', rounds, {
    [portcullis.name]: () => volley({ ...loads[portcullis.name], connections: 1 }),
  });
  return {
    rows: [
      times('7 times', 7, 'session checks against better-auth', ours, figures[betterAuth.name]),
      times('0.35', 0.35, 'the same, against bare Fastify', ours, figures['bare Fastify']),
      fastApi.absent
        ? absent('the same, against the FastAPI reference', 'at least 40 times', fastApi.absent)
        : times('40 times', 40, 'the same, against the FastAPI reference', ours, figures[fastApi.name]),
      tail(`its p99 at ${CONNECTIONS} connections`, TAIL, ours),
      tail('its p99 at one connection', TAIL_ALONE, alone[portcullis.name]),
    ],
    table: {
      title: `Session checks, ${CONNECTIONS} connections, ${SESSIONS} sessions in turn`,
      head: ['service', 'per second', 'median', 'p99', 'Portcullis against it'],
      rows: Object.entries(figures).map(([name, own]) => [
        name,
        number(median(own.map(({ perSecond }) => perSecond))),
        ms(median(own.map((figure) => figure.median))),
        ms(median(own.map(({ p99 }) => p99))),
        number(medianRatio(rates(ours), rates(own)), 2),
      ]),
    },
  };
}

function tail(measure, target, figures) {
  const spread = median(figures.map((figure) => figure.p99 / figure.median));
  return row(measure, `at most ${target} times its median`, `${number(spread, 1)} times`, spread <= target);
}

const rates = (figures) => figures.map(({ perSecond }) => perSecond);

function times(target, least, measure, ours, theirs) {
  const ratio = medianRatio(rates(ours), rates(theirs));
  return row(measure, `at least ${target}`, number(ratio, 2), ratio >= least);
}
