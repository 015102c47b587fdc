import './check-node.mjs';
import { acquireLock } from './build-lock.mjs';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SETTINGS = [
  'nest-cli.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'package-lock.json',
  'scripts/swagger-plugin.mjs',
  'scripts/bundle.mjs',
];
const STAMP = join(ROOT, 'dist', '.stamp.json');
const BUILD_INFO = join(ROOT, 'dist', '.tsbuildinfo');
const LOCK = join(ROOT, 'dist', '.building');

/** `EX_CONFIG` in sysexits.h. */
const EXIT_CONFIG = 78;
const NO_COMPILER =
  'dist is missing or older than src, and the compiler is not installed: run "npm ci --include=dev".\n';

/**
 * Compiles `src` into `dist` and bundles its programs if `dist` is out of date. `dist` is updated in place and never emptied, so that another
 * instance can keep running from it. Of several concurrent builds, the first one compiles and the others wait. Does
 * nothing in a checkout without sources, such as an image. Exits with 78 if compilation is needed but there is no compiler
 * (`npm ci --omit=dev`), and with the compiler's exit code if the compilation fails.
 */
export async function buildIfStale() {
  if (!existsSync(join(ROOT, 'src')) || isFresh()) return;
  if (nestCli() === null) {
    process.stderr.write(NO_COMPILER);
    process.exit(EXIT_CONFIG);
  }
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  await acquireLock(LOCK);
  try {
    if (!isFresh()) await build();
  } finally {
    rmSync(LOCK, { force: true });
  }
}

async function build() {
  const before = { ...fingerprint(), looks: looks() };
  // The compiler re-emits what changed in the sources; it does not detect a changed plugin or setting.
  if (readStamp().settings !== before.settings) rmSync(BUILD_INFO, { force: true });
  process.stderr.write('Compiling, once ...\n');
  const { status } = spawnSync(process.execPath, [nestCli(), 'build'], { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) {
    rmSync(LOCK, { force: true });
    process.exit(status ?? 1);
  }
  const { bundle } = await import('./bundle.mjs');
  await bundle(ROOT);
  writeStamp({ ...before, built: buildTime() });
}

/** Reads the files only if they look different from last time, because reading them is a tenth of the time of a command. */
function isFresh() {
  const stamp = readStamp();
  if (stamp.built === undefined || stamp.built !== buildTime()) return false;
  const seen = looks();
  if (stamp.looks === seen) return true;
  const now = fingerprint();
  if (stamp.settings !== now.settings || stamp.sources !== now.sources) return false;
  try {
    writeStamp({ ...stamp, looks: seen });
  } catch {
    // A user without write access to dist reads the files each time.
  }
  return true;
}

/** The time of the compiler's last write. It reveals a build by another tool, such as that of `start:dev`. */
function buildTime() {
  return existsSync(BUILD_INFO) ? statSync(BUILD_INFO).mtimeMs : null;
}

function readStamp() {
  try {
    return JSON.parse(readFileSync(STAMP, 'utf8'));
  } catch {
    return {};
  }
}

/** Replaces the stamp at once, because another process may be reading it. */
function writeStamp(stamp) {
  const next = `${STAMP}.${process.pid}`;
  writeFileSync(next, JSON.stringify(stamp));
  renameSync(next, STAMP);
}

const settings = () => SETTINGS.map((name) => join(ROOT, name));

const sources = () => [
  join(ROOT, 'ormconfig.ts'),
  ...readdirSync(join(ROOT, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.spec.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort(),
];

const fingerprint = () => ({
  settings: digest(settings(), readFileSync),
  sources: digest(sources(), readFileSync),
});

/** Changes with every write to a file, and whenever a file appears or disappears. */
const looks = () =>
  digest([...settings(), ...sources()], (file) => {
    const { size, mtimeMs, ctimeMs, ino } = statSync(file);
    return `${size} ${mtimeMs} ${ctimeMs} ${ino}`;
  });

function digest(files, partOf) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update('\0').update(partOf(file)).update('\0');
  return hash.digest('hex');
}

function nestCli() {
  try {
    return createRequire(import.meta.url).resolve('@nestjs/cli/bin/nest.js');
  } catch {
    return null;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildIfStale();
