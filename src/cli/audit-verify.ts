import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { DataSource } from 'typeorm';
import { EntriesRepository } from '../audit/entry/entries.repository.js';
import { EntrySigner } from '../audit/entry/entry-signer.js';
import { parseCheckpoints } from '../audit/seals/checkpoint.js';
import { CheckpointFile } from '../audit/seals/checkpoint-file.js';
import { SealKey } from '../audit/seals/seal-key.js';
import { SealsRepository } from '../audit/seals/seals.repository.js';
import { AuditVerification, type Verification } from '../audit/verification/audit-verification.js';
import { ProgressBar } from '../audit/verification/progress-bar.js';
import { TrailWalk } from '../audit/verification/trail-walk.js';
import { VerifiedSoFar } from '../audit/verification/verified-so-far.js';
import { SystemClock } from '../platform/clock/clock.js';
import { ConfigurationFault, EXIT_CONFIG } from '../platform/config/configuration-fault.js';
import type { Environment } from '../platform/config/environment.js';
import { storedSecret } from '../platform/config/generated-secrets.js';
import { loadEnvironment } from '../platform/config/load-environment.js';
import { MasterKey } from '../platform/crypto/master-key.js';
import { dataSourceOptions } from '../platform/database/data-source-options.js';
import { reachExistingDatabase } from '../platform/database/existing-database.js';

const USAGE = `npm run audit:verify [-- --from TIME --to TIME --checkpoint FILE]

  Verifies the audit trail. Exit code 0: intact; 1: broken, and the first bad entry is named; 2: could not be verified.

  --from, --to    only what was sealed in this time, RFC 3339
  --checkpoint    checkpoints from elsewhere, one JSON object to a line, beside those in DATA_DIR; may be repeated
`;

const EXIT_BROKEN = 1;
const EXIT_UNVERIFIED = 2;
const EXIT_USAGE = 64;

class Usage extends Error {}

process.exitCode = await run().catch((error: unknown) => {
  if (error instanceof ConfigurationFault) {
    process.stderr.write(`${error.faults.join('\n')}\n`);
    return EXIT_CONFIG;
  }
  process.stderr.write(error instanceof Usage ? `${error.message}\n\n${USAGE}` : `${String(error)}\n`);
  return error instanceof Usage ? EXIT_USAGE : EXIT_UNVERIFIED;
});

const NO_CHECKPOINT =
  'Compared with no checkpoint, for there is none: a tail that was cut together with its seals would not show.\n';

async function run(): Promise<number> {
  const { from, to, checkpoint = [] } = options();
  const checkpoints = checkpoint.flatMap((file) => readCheckpoints(file));
  const database = await reachExistingDatabase(loadEnvironment(undefined, undefined, storedSecret));
  const dataSource = await new DataSource(dataSourceOptions(database.environment, 'service')).initialize();
  const progress = new ProgressBar(process.stderr);
  try {
    const seals = new SealsRepository(dataSource);
    await progress.learnTotal(() => seals.countEntries(from ?? null, to ?? null));
    const verification = await verificationOver(dataSource, seals, database.environment).verify({
      ...(from && { from }),
      ...(to && { to }),
      checkpoints,
      onProgress: (entries) => progress.show(entries),
    });
    progress.clear();
    process.stdout.write(report(verification));
    const known = checkpoints.length + new CheckpointFile(database.environment).read().length;
    process.stdout.write(known === 0 ? NO_CHECKPOINT : `Compared with ${known} checkpoints.\n`);
    return verification.intact ? 0 : EXIT_BROKEN;
  } finally {
    await dataSource.destroy();
    await database.stop();
  }
}

function verificationOver(
  dataSource: DataSource,
  seals: SealsRepository,
  environment: Environment,
): AuditVerification {
  const masterKey = new MasterKey(environment.JWT_SECRET_KEY);
  const key = new SealKey(masterKey);
  const walk = new TrailWalk(seals, new EntriesRepository(dataSource), new EntrySigner(masterKey));
  const clock = new SystemClock();
  const progress = new VerifiedSoFar(environment, masterKey, clock);
  return new AuditVerification(walk, seals, new CheckpointFile(environment), key, clock, progress);
}

function report({ intact, entries, firstFault, checkpoint }: Verification): string {
  const sealed = checkpoint
    ? `Sealed up to number ${checkpoint.number} of ${checkpoint.time}, hash ${checkpoint.hash}.\n` +
      `Public key: ${checkpoint.publicKey}\n`
    : 'Nothing is sealed yet.\n';
  const verdict = intact
    ? `The audit trail is intact: ${entries} entries.\n`
    : `THE AUDIT TRAIL IS BROKEN, first at ${firstFault?.id}: ${firstFault?.kind}. ${firstFault?.detail}\n`;
  return verdict + sealed;
}

function options() {
  try {
    const { values } = parseArgs({
      options: {
        from: { type: 'string' },
        to: { type: 'string' },
        checkpoint: { type: 'string', multiple: true },
      },
    });
    return { ...values, from: time('--from', values.from), to: time('--to', values.to) };
  } catch (error) {
    throw error instanceof Usage ? error : new Usage((error as Error).message);
  }
}

function time(name: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  if (Number.isNaN(Date.parse(text))) throw new Usage(`${name} must be an RFC 3339 time.`);
  return new Date(text);
}

function readCheckpoints(file: string) {
  const checkpoints = parseCheckpoints(readFileSync(file, 'utf8'));
  if (checkpoints.length === 0) throw new Usage(`There is no checkpoint in ${file}.`);
  return checkpoints;
}
