import { setTimeout as delay } from 'node:timers/promises';
import { residentBytes } from '../lab/cpu-time.mjs';
import { progress } from '../lab/progress.mjs';
import { volley } from '../lab/volley.mjs';
import { number, row } from '../report/row.mjs';
import { startPortcullis } from '../subjects/portcullis.mjs';

const MEGABYTE = 1024 * 1024;
const SETTLE_MS = 5000;
const STEP_SECONDS = 10;

/** The tasks that run every ten minutes must run during the soak, not only at its end. */
const OFTEN = { AUDIT_VERIFY_INTERVAL_SECONDS: '60' };

/** Measures the resident memory of the service when idle and after many requests, and whether it is still growing then. */
export async function measureMemory({ laboratory, requests: wanted, soakMinutes }) {
  const database = await laboratory.newDatabase('memory');
  const service = await startPortcullis(laboratory, { name: 'Portcullis, memory', database, env: OFTEN });
  const megabytes = () => residentBytes(service.child.pid) / MEGABYTE;
  await delay(SETTLE_MS);
  const idle = megabytes();
  const sessions = await service.signIn(await service.register(40));
  const requests = sessions.map((session) => service.sessionCheck(session));
  const samples = [];
  const startedAt = performance.now();
  const minutes = () => (performance.now() - startedAt) / 60_000;
  for (let sent = 0; sent < wanted || minutes() < soakMinutes;) {
    const { count } = await volley({ url: service.url, connections: 32, seconds: STEP_SECONDS, requests });
    sent += count;
    samples.push({ minutes: minutes(), megabytes: megabytes(), sent });
    progress(`memory: ${number(samples.at(-1).megabytes)} MB after ${number(sent)} requests`);
  }
  await laboratory.stop(service.child);
  const { megabytes: after, sent } = samples.at(-1);
  const rows = [
    row('memory, idle', '170 MB', `${number(idle)} MB`, idle <= 170),
    row(
      'memory, after 1 million requests',
      '220 MB',
      `${number(after)} MB after ${number(sent)}`,
      after <= 220,
    ),
  ];
  if (soakMinutes > 0) {
    const slope = slopeOf(samples.slice(Math.floor(samples.length / 2)));
    rows.push(
      row(
        `slope over a soak of ${soakMinutes} minutes`,
        'none',
        `${number(slope, 1)} MB per minute`,
        slope < 1,
      ),
    );
  }
  return { rows };
}

/** Returns the growth in megabytes per minute, by least squares over the second half, when caches are full and code is compiled. */
function slopeOf(samples) {
  const mean = (of) => samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const [time, size] = [mean((one) => one.minutes), mean((one) => one.megabytes)];
  const covariance = mean((one) => (one.minutes - time) * (one.megabytes - size));
  return covariance / mean((one) => (one.minutes - time) ** 2);
}
