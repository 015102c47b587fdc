import { interleave } from '../lab/rounds.mjs';
import { volley } from '../lab/volley.mjs';
import { ms, number, row } from '../report/row.mjs';
import { median } from '../report/statistics.mjs';

const CONNECTIONS = 32;

/** Measures the rotation of refresh tokens, with a separate session per connection. */
export async function measureRefresh({ portcullis, rounds, seconds }) {
  const sessions = await portcullis.signIn(portcullis.people.slice(0, CONNECTIONS));
  const trials = { [portcullis.name]: () => refreshFor(portcullis, sessions, seconds) };
  const figures = (await interleave('refresh', rounds, trials))[portcullis.name];
  const rate = median(figures.map(({ perSecond }) => perSecond));
  const middle = median(figures.map((figure) => figure.median));
  return {
    rows: [
      row(
        'POST /auth/refresh',
        'at least 300 per second',
        `${number(rate)}, median ${ms(middle)}`,
        rate >= 300,
      ),
    ],
  };
}

/** Every response contains the token for the next request; `sessions` is kept up to date for the next round. */
export function refreshFor(subject, sessions, seconds) {
  return volley({
    url: subject.url,
    connections: sessions.length,
    seconds,
    requestsOf: (connection) => [
      {
        ...subject.refresh(sessions[connection]),
        setupRequest: (request) => ({ ...request, body: subject.refresh(sessions[connection]).body }),
        onResponse: (status, body) => {
          if (status === 200) sessions[connection] = JSON.parse(body);
        },
      },
    ],
  });
}
