import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Lints openapi.json by the recommended rules of redocly and spectral, and generates types with openapi-typescript, so
// that other people's tools find nothing to complain about. `npm run lint:openapi` installs the three and runs this.

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const DOCUMENT = join(FOLDER, '..', 'openapi.json');

/** What the linters may report, and why it stays. */
const EXCEPTIONS = [
  [
    'no-server-example.com',
    /^#\/servers\/0\/url$/,
    'The server is PUBLIC_URL; the file is of a service without it.',
  ],
  [
    'operation-4xx-response',
    /^#\/paths\/~1health~1(live|ready)\//,
    'A health check refuses nobody: 200 or 503.',
  ],
  ['operation-2xx-response', /^#\/paths\/~1gateway~1redirect\//, 'It redirects, and does nothing else.'],
];

function run(command, ...words) {
  const program = join(FOLDER, 'node_modules', '.bin', command);
  return spawnSync(program, words, { cwd: FOLDER, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });
}

function redocly() {
  const { stdout } = run('redocly', 'lint', DOCUMENT, '--extends', 'recommended', '--format', 'json');
  return JSON.parse(stdout).problems.map(({ ruleId, message, location }) => ({
    rule: ruleId,
    place: location[0].pointer,
    message,
  }));
}

function spectral() {
  const { stdout } = run('spectral', 'lint', DOCUMENT, '--format', 'json', '--fail-severity', 'hint');
  return JSON.parse(stdout.slice(0, stdout.lastIndexOf(']') + 1)).map(({ code, message, path }) => ({
    rule: code,
    place: `#/${path.join('/')}`,
    message,
  }));
}

function typescript() {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-openapi-'));
  const { status, stderr } = run('openapi-typescript', DOCUMENT, '--output', join(folder, 'types.ts'));
  rmSync(folder, { recursive: true });
  const said = stderr.split('\n').filter((line) => line !== '' && !/^(✨|🚀)/u.test(line));
  return [...(status === 0 ? [] : [`exit code ${status}`]), ...said].map((message) => ({
    rule: 'openapi-typescript',
    place: '#',
    message,
  }));
}

const isExcepted = ({ rule, place }) =>
  EXCEPTIONS.some(([name, places]) => name === rule && places.test(place));

const problems = [...redocly(), ...spectral(), ...typescript()].filter((problem) => !isExcepted(problem));
for (const { rule, place, message } of problems) console.error(`${rule} ${place}: ${message}`);
console.log(`openapi.json: ${problems.length} problems.`);
process.exitCode = problems.length > 0 ? 1 : 0;
