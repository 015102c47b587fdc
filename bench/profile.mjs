// Shows where the processor time of GET /users/me is spent: by process per request, and by function of the service.
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cpuMs } from './lab/cpu-time.mjs';
import { Laboratory, ROOT } from './lab/laboratory.mjs';
import { volley, warmUp } from './lab/volley.mjs';
import { startPortcullis } from './subjects/portcullis.mjs';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '6' },
    lines: { type: 'string', default: '40' },
    /** Variables of the service, as NAME=value; may be repeated. */
    env: { type: 'string', multiple: true, default: [] },
  },
});

const PROFILER = fileURLToPath(new URL('lab/profiler.mjs', import.meta.url));

const laboratory = await Laboratory.open();
try {
  const profile = join(laboratory.folder, 'profile.json');
  const database = await laboratory.newDatabase('profiled');
  const service = await startPortcullis(laboratory, {
    database,
    node: [`--import=${PROFILER}`],
    env: { PROFILE: profile, ...Object.fromEntries(options.env.map((pair) => pair.split('='))) },
  });
  const sessions = await service.signIn(await service.register(40));
  const load = {
    url: service.url,
    connections: 32,
    seconds: Number(options.seconds),
    requests: sessions.map((session) => service.sessionCheck(session)),
  };
  await warmUp(load);
  console.log(await timed(service, () => volley(load)));
  service.child.process.kill('SIGUSR2');
  // Starting the profiler stops the service for so long that it refuses the requests that then wait for Redis.
  await volley({ ...load, accept: [200, 503] });
  service.child.process.kill('SIGUSR2');
  for (let looks = 0; looks < 50 && !existsSync(profile); looks++) await delay(100);
  await delay(500);
  print(JSON.parse(readFileSync(profile, 'utf8')));
} finally {
  await laboratory.close();
}

/** The same volley without the profiler, which slows down the service. */
async function timed(service, fire) {
  const times = async () => ({
    ...(await laboratory.cpuTimes(service.child)),
    'load generator': cpuMs(process.pid),
  });
  const before = await times();
  const { count, perSecond } = await fire();
  const after = await times();
  const each = Object.keys(before).map(
    (name) => `${name} ${Math.round(((after[name] - before[name]) / count) * 1000)} µs`,
  );
  return `${Math.round(perSecond)} requests per second, processor time of each: ${each.join(', ')}`;
}

function print({ nodes, samples, timeDeltas }) {
  const selfUs = new Map();
  const names = new Map(nodes.map((node) => [node.id, nameOf(node.callFrame)]));
  for (const [index, id] of samples.entries()) {
    const name = names.get(id);
    selfUs.set(name, (selfUs.get(name) ?? 0) + timeDeltas[index]);
  }
  selfUs.delete('(idle)');
  const busyUs = [...selfUs.values()].reduce((sum, us) => sum + us, 0);
  const ranked = [...selfUs].sort(([, a], [, b]) => b - a).slice(0, Number(options.lines));
  for (const [name, us] of ranked) console.log(`${((us / busyUs) * 100).toFixed(1).padStart(5)} %  ${name}`);
}

function nameOf({ functionName, url, lineNumber }) {
  const file = url.startsWith('file:') ? relative(ROOT, fileURLToPath(url)) : url;
  return [functionName || '(anonymous)', file && `${file}:${lineNumber + 1}`].filter(Boolean).join('  ');
}
