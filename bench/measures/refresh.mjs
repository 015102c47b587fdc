import { query } from '../lab/laboratory.mjs';
import { interleave } from '../lab/rounds.mjs';
import { volley } from '../lab/volley.mjs';
import { ms, number, row } from '../report/row.mjs';
import { median } from '../report/statistics.mjs';

const CONNECTIONS = 32;
const ROTATED = 'POST /auth/refresh';
const REPEATED = 'POST /auth/refresh within ten seconds of a rotation';

/**
 * A session rotates at most once in ten seconds; within them its token only brings a new access token. Clients refresh every
 * quarter of an hour, so that each of their refreshes rotates: this trigger makes each rotation look eleven seconds old.
 */
const AGE_ROTATIONS = [
  `CREATE FUNCTION age_rotation() RETURNS trigger LANGUAGE plpgsql AS
     $$ BEGIN NEW.rotated_at := NEW.rotated_at - interval '11 seconds'; RETURN NEW; END $$`,
  `CREATE TRIGGER age_rotation BEFORE UPDATE OF rotated_at ON sessions FOR EACH ROW EXECUTE FUNCTION age_rotation()`,
];
const STOP_AGEING = ['DROP TRIGGER age_rotation ON sessions', 'DROP FUNCTION age_rotation()'];

/** Measures refreshes that rotate, and those within ten seconds, with a separate session per connection. */
export async function measureRefresh({ portcullis, rounds, seconds }) {
  const signIn = () => portcullis.signIn(portcullis.people.slice(0, CONNECTIONS));
  const rotating = async () => {
    // New sessions each time, because the last responses of a round are lost, and their tokens look too old to be repeated.
    const sessions = await signIn();
    await query(portcullis.database.ownerUrl, ...AGE_ROTATIONS);
    try {
      return await refreshFor(portcullis, sessions, seconds);
    } finally {
      await query(portcullis.database.ownerUrl, ...STOP_AGEING);
    }
  };
  const kept = await signIn();
  const repeating = () => refreshFor(portcullis, kept, seconds);
  const figures = await interleave('refresh', rounds, { [ROTATED]: rotating, [REPEATED]: repeating });
  return { rows: [rowOf(figures, ROTATED, 300), rowOf(figures, REPEATED)] };
}

function rowOf(figures, name, target) {
  const rate = median(figures[name].map(({ perSecond }) => perSecond));
  const middle = median(figures[name].map((figure) => figure.median));
  const result = `${number(rate)}, median ${ms(middle)}`;
  return target === undefined
    ? row(name, 'reported', result)
    : row(name, `at least ${target} per second`, result, rate >= target);
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
