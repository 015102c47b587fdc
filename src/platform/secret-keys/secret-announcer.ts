import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { Subject } from 'rxjs';
import { RepeatingTask } from '../clock/repeating-task.js';
import { ConfigurationFault } from '../config/configuration-fault.js';
import { SECRET_VARIABLES, type SecretInUse, type SecretVariable } from '../crypto/secret-dependants.js';
import { UsableSecrets } from '../crypto/usable-secrets.js';
import { UuidV7 } from '../crypto/uuid.js';
import { afterCommit, type Transaction } from '../database/transaction-runner.js';
import { untilAvailable } from '../database/until-available.js';
import { PlatformErrors } from '../errors/platform.errors.js';
import { Problem } from '../errors/problem.js';
import { AnnouncementTransactions } from './announcement-transactions.js';
import { KnownSecrets } from './known-secrets.js';
import { NamingKeys } from './naming-keys.js';
import { missingSecrets } from './missing-secrets.js';
import { SecretKeysRepository } from './secret-keys.repository.js';
import { newestKnownToAll } from './secret-variables.js';

const ANNOUNCE_EVERY_MS = 10_000;
/** The pause after a failure: one instance that freezes makes the others fail until the server ends its transaction. */
const RETRY_MS = 1000;

/**
 * Announces which secrets this instance knows, and makes new values with the newest one that all living instances know.
 * Whether an instance may start, and whether a secret comes into use, is decided under one lock: no instance starts
 * without a secret that others use, and none goes on without it.
 */
@Injectable()
export class SecretAnnouncer implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  /** Emits the faults of a running instance that turns out to lack a secret that others use; it must then end. */
  readonly lacking = new Subject<ConfigurationFault>();
  private readonly logger = new Logger(SecretAnnouncer.name);
  private readonly task = new RepeatingTask(SecretAnnouncer.name, async () => void (await this.announce()), {
    pauseMs: ANNOUNCE_EVERY_MS,
    retryMs: RETRY_MS,
  });
  private readonly instance: string;
  private isRunning = false;
  private reported = '';

  constructor(
    private readonly repository: SecretKeysRepository,
    private readonly transactions: AnnouncementTransactions,
    private readonly naming: NamingKeys,
    private readonly known: KnownSecrets,
    private readonly usable: UsableSecrets,
    ids: UuidV7,
  ) {
    this.instance = ids.next();
  }

  async onModuleInit(): Promise<void> {
    const missing = await untilAvailable(() => this.announce());
    if (missing.length > 0) throw new ConfigurationFault(missing);
    this.isRunning = true;
    this.usable.announceWith(async () => {
      const cause = new ConfigurationFault(await this.announceApart());
      if (cause.faults.length > 0) throw new Problem(PlatformErrors.dependency_unavailable, { cause });
    });
  }

  onApplicationBootstrap(): void {
    this.task.startWithPause();
  }

  async onModuleDestroy(): Promise<void> {
    await this.task.stop();
    // Others forget this instance anyway; until then, they do not use a secret that it does not know.
    await this.repository.withdraw(this.instance).catch(() => undefined);
  }

  /** Announces once. Returns the faults of the configuration, which are empty unless a secret in use is missing. */
  async announce(): Promise<string[]> {
    return this.announceIn((agree) => this.transactions.run(agree));
  }

  /** Announces over a connection outside the pool. */
  private async announceApart(): Promise<string[]> {
    return this.announceIn((agree) => this.transactions.runApart(agree));
  }

  private async announceIn(
    run: (agree: (tx: Transaction) => Promise<string[]>) => Promise<string[]>,
  ): Promise<string[]> {
    const confirm = this.usable.beginAnnouncement();
    const missing = await run((tx) => this.agree(tx));
    if (missing.length === 0) confirm();
    const report = missing.join('\n');
    if (report !== '' && report !== this.reported) this.logger.error(report);
    this.reported = report;
    if (missing.length > 0 && this.isRunning) this.lacking.next(new ConfigurationFault(missing));
    return missing;
  }

  private async agree(tx: Transaction): Promise<string[]> {
    await this.repository.lock(tx);
    const inUse = await this.repository.inUse(tx);
    const needed = this.isRunning ? inUse.filter(isMadeWith) : inUse;
    const missing = missingSecrets((variable) => this.known.of[variable].ids, needed);
    if (missing.length > 0) return missing;
    for (const variable of SECRET_VARIABLES) {
      const versions = this.known.of[variable];
      const announcement = { instance: this.instance, variable, known: versions.ids };
      await this.repository.announce(tx, announcement);
      const others = await this.repository.knownToOthers(tx, announcement);
      const chosen = newestKnownToAll(versions.ids, others) ?? versions.id;
      await this.repository.use(tx, variable, chosen);
      if (variable === 'JWT_SECRET_KEY') await this.naming.load(tx, chosen);
      const old = inUse.filter((secret) => secret.variable === variable && secret.isSettled);
      const settled = old.map(({ keyId }) => keyId).filter((keyId) => keyId !== chosen);
      // An instance that lacks a secret starts as long as no use of it is committed.
      afterCommit(tx, () => this.makeWith(variable, chosen, settled));
    }
    return [];
  }

  private makeWith(variable: SecretVariable, chosen: string, settled: readonly string[]): void {
    const versions = this.known.of[variable];
    if (chosen !== versions.id && versions.ids.length > 1)
      this.logger.log(`New values are made with the ${variable} of key id ${chosen}`);
    versions.makeWith(chosen);
    versions.settle(settled);
  }
}

/** Whether instances have made values with a secret. One that only imported accounts need prevents a start, but ends nothing. */
function isMadeWith({ lastMadeAt }: SecretInUse): boolean {
  return lastMadeAt.getTime() > 0;
}
