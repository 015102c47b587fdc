// A guard for CI: fails if a session check has become expensive relative to bare Fastify in the same run.
//
//   npm run bench:guard
import { Laboratory } from './lab/laboratory.mjs';
import { interleave } from './lab/rounds.mjs';
import { volley } from './lab/volley.mjs';
import { medianRatio } from './report/statistics.mjs';
import { startBareFastify } from './subjects/bare-fastify.mjs';
import { startPortcullis } from './subjects/portcullis.mjs';

/** RESULTS.md has the usual ratio. A fault that adds a round trip or a statement per request reduces it to less than half. */
const LEAST_RATIO = 0.1;
const ROUNDS = 5;
const SECONDS = 2;

const laboratory = await Laboratory.open();
try {
  const service = await startPortcullis(laboratory, { database: await laboratory.newDatabase('guarded') });
  const bare = await startBareFastify(laboratory);
  const sessions = await service.signIn(await service.register(20));
  const load = { connections: 32, seconds: SECONDS };
  const checks = sessions.map((session) => service.sessionCheck(session));
  const trials = {
    Portcullis: () => volley({ ...load, url: service.url, requests: checks }),
    'bare Fastify': () => volley({ ...load, url: bare.url, requests: [bare.sessionCheck()] }),
  };
  for (const warmUp of Object.values(trials)) await warmUp();
  const figures = await interleave('guard', ROUNDS, trials);
  const rates = (name) => figures[name].map(({ perSecond }) => perSecond);
  const ratio = medianRatio(rates('Portcullis'), rates('bare Fastify'));
  console.log(
    `A session check runs at ${ratio.toFixed(2)} of bare Fastify; at least ${LEAST_RATIO} is asked.`,
  );
  process.exitCode = ratio < LEAST_RATIO ? 1 : 0;
} finally {
  await laboratory.close();
}
