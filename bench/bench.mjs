// Measures Portcullis and compares it with others that do the same work on the same machine at the same time:
//
//   npm run bench -- [--rounds 5] [--seconds 4] [--only NAME,...] [--soak MINUTES] [--requests 1000000]
//
// Names: session-check, api-keys, login, under-logins, overload, refresh, switches, recording, detection, gateway, scale-out,
// start-up, memory, and scale, which takes another 15 minutes and 10 GB and runs only if named. A complete run takes about 20
// minutes and writes RESULTS.md. A run with --only prints its results and writes nothing.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Laboratory, query, ROOT } from './lab/laboratory.mjs';
import { progress } from './lab/progress.mjs';
import { measureApiKeys } from './measures/api-keys.mjs';
import { measureDetection } from './measures/detection.mjs';
import { measureGateway } from './measures/gateway.mjs';
import { measureLogin } from './measures/login.mjs';
import { measureMemory } from './measures/memory.mjs';
import { measureRecording } from './measures/recording.mjs';
import { measureRefresh } from './measures/refresh.mjs';
import { measureScale } from './measures/scale.mjs';
import { measureSessionCheck } from './measures/session-check.mjs';
import { measureStartUp } from './measures/start-up.mjs';
import { measureSwitches } from './measures/switches.mjs';
import { measureOverload, measureUnderLogins } from './measures/under-logins.mjs';
import { measureScaleOut } from './measures/scale-out.mjs';
import { row } from './report/row.mjs';
import { table } from './report/table.mjs';
import { startBareFastify } from './subjects/bare-fastify.mjs';
import { startBetterAuth } from './subjects/better-auth.mjs';
import { startFastApi, whyNoFastApi } from './subjects/fastapi.mjs';
import { startPortcullis } from './subjects/portcullis.mjs';

const RESULTS = fileURLToPath(new URL('RESULTS.md', import.meta.url));
const PEOPLE = 64;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    only: { type: 'string' },
    soak: { type: 'string', default: '0' },
    requests: { type: 'string', default: '1000000' },
  },
});

const MEASURES = {
  'session-check': measureSessionCheck,
  'api-keys': measureApiKeys,
  login: measureLogin,
  'under-logins': measureUnderLogins,
  overload: measureOverload,
  refresh: measureRefresh,
  switches: measureSwitches,
  recording: measureRecording,
  detection: measureDetection,
  gateway: measureGateway,
  'scale-out': measureScaleOut,
  'start-up': measureStartUp,
  memory: measureMemory,
  scale: measureScale,
};

/** Filling a database takes minutes and gigabytes, so it is done only on request. */
const wanted = options.only?.split(',') ?? Object.keys(MEASURES).filter((name) => name !== 'scale');
const unknown = wanted.filter((name) => !(name in MEASURES));
if (unknown.length > 0) {
  console.error(`Unknown: ${unknown.join(', ')}. There are: ${Object.keys(MEASURES).join(', ')}.`);
  process.exit(64);
}

const laboratory = await Laboratory.open();
try {
  const context = options.only === 'scale' ? settings() : await prepare();
  const measured = [];
  for (const name of wanted) {
    progress(`${name} …`);
    const result = await resultOf(name, context);
    Object.assign(context, result);
    measured.push(result);
  }
  const report = await write(measured);
  console.log(report);
  if (!options.only) writeFileSync(RESULTS, withNotes(report));
} finally {
  await laboratory.close();
}

/** All subjects, each with the same users, and the options of the measures. */
async function prepare() {
  progress('starting Portcullis, its peers, PostgreSQL and Redis');
  const portcullis = await startPortcullis(laboratory, {
    database: await laboratory.newDatabase('portcullis_main'),
  });
  const betterAuth = await startBetterAuth(laboratory);
  const missing = whyNoFastApi();
  const fastApi = missing ? { absent: missing } : await startFastApi(laboratory);
  const subjects = [
    await startBareFastify(laboratory),
    portcullis,
    betterAuth,
    ...(missing ? [] : [fastApi]),
  ];
  for (const subject of subjects.filter(({ register }) => register)) {
    progress(`${subject.name}: ${PEOPLE} people register`);
    subject.people = await subject.register(PEOPLE);
  }
  return { ...settings(), subjects, portcullis, betterAuth, fastApi };
}

/** The rest of a run of twenty minutes is not lost because one measure fails. */
async function resultOf(name, context) {
  try {
    return await MEASURES[name](context);
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
    return { rows: [row(name, '', `failed: ${String(error.message).split('\n')[0]}`, false)] };
  }
}

function settings() {
  return {
    laboratory,
    rounds: Number(options.rounds),
    seconds: Number(options.seconds),
    requests: Number(options.requests),
    soakMinutes: Number(options.soak),
  };
}

async function write(measured) {
  const rows = measured.flatMap((result) => result.rows);
  const verdict = ({ met }) => (met === null ? '' : met ? 'met' : 'MISSED');
  const targets = table(
    ['measure', 'target', 'result', ''],
    rows.map((one) => [one.measure, one.target, one.result, verdict(one)]),
  );
  const details = measured
    .filter((result) => result.table)
    .map(({ table: { title, head, rows: lines } }) => `### ${title}\n\n${table(head, lines)}`);
  return [await conditions(), targets, ...details].join('\n\n');
}

/** The machine and the versions to which the figures apply. */
async function conditions() {
  const git = (...args) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
  const { rows } = await query(laboratory.postgres.superuserUrl, 'SHOW server_version');
  const redis = execFileSync('redis-server', ['--version'], { encoding: 'utf8' });
  return [
    `${cpus().length} cores (${cpus()[0].model}), ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}`,
    `Node.js ${process.version}, PostgreSQL ${rows[0].server_version}, Redis ${/v=(\S+)/.exec(redis)[1]}`,
    `commit ${git('rev-parse', '--short', 'HEAD')}, ${git('log', '-1', '--format=%cs')}`,
    `${options.rounds} rounds of ${options.seconds} s, every subject in each; medians, and medians of the rounds' ratios`,
  ]
    .map((line) => `- ${line}`)
    .join('\n');
}

/** Replaces the report. Text that was added by hand below the separator is kept. */
function withNotes(report) {
  const mark = '<!-- Written by hand from here on; a new run keeps it. -->';
  let notes = '';
  try {
    notes = readFileSync(RESULTS, 'utf8').split(mark)[1] ?? '';
  } catch {
    // There is no report yet.
  }
  return `# Results of the last run\n\nWritten by \`npm run bench\`.\n\n${report}\n\n${mark}\n${notes.trimEnd()}\n`;
}
