import { availableParallelism } from 'node:os';
import { interleave } from '../lab/rounds.mjs';
import { volley } from '../lab/volley.mjs';
import { ms, number, row } from '../report/row.mjs';
import { median, medianRatio } from '../report/statistics.mjs';
import { compareForSeconds } from '../subjects/bare-bcrypt.mjs';

const BARE = 'bare bcrypt.compare';

/** Measures logins at the rate of the hash: with enough connections to keep every core busy without long queues. */
export async function measureLogin({ subjects, portcullis, rounds, seconds }) {
  const trials = { [BARE]: () => compareForSeconds(seconds * 2) };
  for (const subject of subjects.filter(({ login }) => login)) {
    trials[subject.name] = () => loginFor(subject, seconds * 2, 2 * availableParallelism());
  }
  const figures = await interleave('logins', rounds, trials);
  const rates = (name) => figures[name].map(({ perSecond }) => perSecond);
  const ratio = medianRatio(rates(portcullis.name), rates(BARE));
  return {
    ceiling: median(rates(BARE)),
    rows: [row('logins against bare bcrypt.compare', 'at least 0.96', number(ratio, 2), ratio >= 0.96)],
    table: {
      title: 'Logins, bcrypt cost 12, two connections per core',
      head: ['service', 'per second', 'median', 'against bare bcrypt'],
      rows: Object.keys(figures).map((name) => [
        name,
        number(median(rates(name)), 1),
        ms(median(figures[name].map((figure) => figure.median))),
        number(medianRatio(rates(name), rates(BARE)), 2),
      ]),
    },
  };
}

/** Each connection signs in as a different user. */
export function loginFor(subject, seconds, connections, accept) {
  return volley({
    url: subject.url,
    connections,
    seconds,
    accept,
    requestsOf: (connection) => [subject.login(subject.people[connection % subject.people.length])],
  });
}
