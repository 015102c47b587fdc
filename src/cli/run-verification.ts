import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { readFileSync } from 'node:fs';
import { DataSource } from 'typeorm';
import { EntriesRepository } from '../audit/entry/entries.repository.js';
import { EntrySigner } from '../audit/entry/entry-signer.js';
import { Salts } from '../audit/entry/salts.js';
import { type Checkpoint, parseCheckpoints } from '../audit/seals/checkpoint.js';
import { CheckpointFile } from '../audit/seals/checkpoint-file.js';
import { SealTrust } from '../audit/seals/seal-trust.js';
import { SealKey } from '../audit/seals/seal-key.js';
import { SealsRepository } from '../audit/seals/seals.repository.js';
import { AuditVerification, type Verification } from '../audit/verification/audit-verification.js';
import { CatalogueCheck } from '../audit/verification/catalogue-check.js';
import { CatalogueRepository } from '../audit/verification/catalogue.repository.js';
import { ProgressBar } from './terminal/progress-bar.js';
import { TrailWalk } from '../audit/verification/trail-walk.js';
import { VerifiedSoFar } from '../audit/verification/verified-so-far.js';
import { SystemClock } from '../platform/clock/clock.js';
import type { Environment } from '../platform/config/environment.js';
import { storedSecret } from '../platform/config/generated-secrets.js';
import { loadEnvironment } from '../platform/config/load-environment.js';
import { StartFault } from '../platform/config/start-fault.js';
import { MasterKey } from '../platform/crypto/master-key.js';
import { UsableSecrets } from '../platform/crypto/usable-secrets.js';
import { SystemRandomness } from '../platform/crypto/randomness.js';
import { dataSourceOptions } from '../platform/database/data-source-options.js';
import { isTime } from '../platform/http/validation/time.decorator.js';
import { assertSecretKnown } from '../platform/secret-keys/installation.js';
import { reachExistingDatabase } from '../app/existing-database.js';
import { reportFault } from './command-fault.js';
import { commandName } from './command-name.js';
import { EXIT } from './exit-codes.js';
import { assertReadable } from './terminal/input-file.js';
import { printResult } from './terminal/output.js';

interface Options {
  readonly from?: Date;
  readonly to?: Date;
  readonly checkpoint: readonly Checkpoint[];
  readonly json?: true;
}

const EXIT_BROKEN = 1;
const EXIT_UNVERIFIED = 2;

const EXIT_CODES = `
Exit codes: 0 intact; 1 broken, and the first bad entry is named; 2 could not be verified; 64 wrong usage; 78 wrong configuration.
`;

const NO_CHECKPOINT =
  'There is no checkpoint to compare with, so a trail truncated together with its seals would not be detected.\n';

/** Verifies the audit trail as the words of the command line demand; returns the exit code. */
export async function runVerification(words: readonly string[]): Promise<number> {
  try {
    const options = new Command(commandName('portcullis verify', 'npm run audit:verify --'))
      .description('Verifies the audit trail.')
      .option('--from <time>', 'verify only what was sealed at or after this time, RFC 3339', time)
      .option('--to <time>', 'verify only what was sealed up to this time, RFC 3339', time)
      .option(
        '--checkpoint <file>',
        'external checkpoints, one JSON object per line, in addition to those in DATA_DIR; may be repeated',
        (file, read: readonly Checkpoint[]) => [...read, ...readCheckpoints(file)],
        [],
      )
      .option('--json', 'write the result as JSON')
      .addHelpText('after', EXIT_CODES)
      .showHelpAfterError()
      .exitOverride()
      .parse(words, { from: 'user' })
      .opts<Options>();
    return await verify(options);
  } catch (error) {
    const exitCode = reportFault(error);
    return error instanceof CommanderError || exitCode === EXIT.configuration ? exitCode : EXIT_UNVERIFIED;
  }
}

async function verify(options: Options): Promise<number> {
  const { from, to, checkpoint: checkpoints } = options;
  const database = await reachExistingDatabase(loadEnvironment(undefined, undefined, storedSecret));
  const dataSource = await new DataSource(dataSourceOptions(database.environment, 'service')).initialize();
  const progress = new ProgressBar(process.stderr);
  try {
    // With another secret, every seal would look forged.
    await assertSecretKnown(dataSource, 'JWT_SECRET_KEY', database.environment);
    const kept = readKept(database.environment);
    const seals = new SealsRepository(dataSource);
    await progress.learnTotal(() => seals.countEntries(from ?? null, to ?? null));
    const { verification: verifier, trust } = verificationOver(dataSource, seals, database.environment);
    const verification = await verifier.verify({
      ...(from && { from }),
      ...(to && { to }),
      checkpoints,
      onProgress: (entries) => progress.show(entries),
    });
    progress.clear();
    const compared = comparison([...checkpoints, ...kept], trust);
    printResult(options, `${report(verification)}${compared}`.trimEnd(), verification);
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
): { verification: AuditVerification; trust: SealTrust } {
  const clock = new SystemClock();
  const masterKey = new MasterKey(environment.JWT_SECRET_KEY, environment.JWT_SECRET_KEY_PREVIOUS);
  const signer = new EntrySigner(masterKey, new Salts(new SystemRandomness()));
  const trust = new SealTrust(seals, signer, new SealKey(masterKey));
  const catalogue = new CatalogueCheck(new CatalogueRepository(dataSource));
  const entries = new EntriesRepository(dataSource);
  const walk = new TrailWalk(seals, entries, signer, trust, catalogue, new UsableSecrets(clock));
  const progress = new VerifiedSoFar(environment, masterKey, clock);
  const kept = new CheckpointFile(environment);
  return { verification: new AuditVerification(walk, seals, kept, trust, clock, progress), trust };
}

/** Says what the trail was compared with. Only checkpoints that the service signed count. */
function comparison(checkpoints: readonly Checkpoint[], trust: SealTrust): string {
  const compared = checkpoints.filter((checkpoint) => trust.isOurs(checkpoint)).length;
  const ignored = checkpoints.length - compared;
  const foreign = ignored === 1 ? '1 checkpoint was' : `${ignored} checkpoints were`;
  return (
    (compared === 0 ? NO_CHECKPOINT : `Compared with ${compared} checkpoints.\n`) +
    (ignored === 0 ? '' : `${foreign} ignored: not signed with a key of the service.\n`)
  );
}

function report({ intact, entries, erased, firstFault, checkpoint }: Verification): string {
  const sealed = checkpoint
    ? `Sealed up to number ${checkpoint.number} of ${checkpoint.time}, hash ${checkpoint.hash}.\n` +
      `Public key: ${checkpoint.publicKey}\n`
    : 'Nothing is sealed yet.\n';
  const verdict = intact
    ? `The audit trail is intact: ${entries} entries${erased > 0 ? `, ${erased} of them with erased personal data` : ''}.\n`
    : `THE AUDIT TRAIL IS BROKEN, first at ${firstFault?.id}: ${firstFault?.kind}. ${firstFault?.detail}\n`;
  return verdict + sealed;
}

function time(text: string): Date {
  if (!isTime(text))
    throw new InvalidArgumentError(
      'It is not an RFC 3339 time with an offset, such as 2026-11-23T09:30:00Z.',
    );
  return new Date(text);
}

function readKept(environment: Environment): Checkpoint[] {
  try {
    return new CheckpointFile(environment).read();
  } catch (error) {
    throw new StartFault('DATA_DIR', error);
  }
}

function readCheckpoints(file: string): Checkpoint[] {
  assertReadable(file);
  const checkpoints = parseCheckpoints(readFileSync(file, 'utf8'));
  if (checkpoints.length === 0) throw new InvalidArgumentError('It contains no checkpoint.');
  return checkpoints;
}
