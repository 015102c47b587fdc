import { progress } from '../lab/progress.mjs';
import { freePort } from '../lab/laboratory.mjs';
import { number, row } from '../report/row.mjs';
import { median } from '../report/statistics.mjs';
import { START } from '../subjects/portcullis.mjs';

/** Measures the time from `npm start`, without npm, to readiness, at the first start and with an existing database. */
export async function measureStartUp({ laboratory, rounds }) {
  const first = [];
  const again = [];
  for (let round = 1; round <= rounds; round++) {
    const folder = await laboratory.newFolder('first-start');
    first.push(await readyAfter(laboratory, folder));
    again.push(await readyAfter(laboratory, folder));
    progress(
      `start-up, round ${round} of ${rounds}: first ${number(first.at(-1))} ms, again ${number(again.at(-1))} ms`,
    );
  }
  const seconds = (figures) => `${number(median(figures) / 1000, 1)} s`;
  return {
    rows: [
      row('ready after start, database there', '1.5 s', seconds(again), median(again) <= 1500),
      row('ready after the very first start', '5 s', seconds(first), median(first) <= 5000),
    ],
  };
}

/** The defaults: an embedded PostgreSQL in the data folder, no Redis. */
async function readyAfter(laboratory, folder) {
  const port = await freePort();
  const child = await laboratory.start({
    name: 'Portcullis, defaults',
    command: process.execPath,
    args: START,
    env: { PORT: String(port), DATA_DIR: folder },
  });
  const readyMs = await child.answersAt(`http://127.0.0.1:${port}/health/ready`);
  await laboratory.stop(child);
  return readyMs;
}
