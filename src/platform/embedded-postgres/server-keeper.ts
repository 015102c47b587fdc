import type { Logger } from '@nestjs/common';
import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { isDatabaseUnavailable } from '../database/database-problem.js';
import { type Cluster, urlOf } from './cluster.js';
import { lastWords, launch } from './launch.js';
import { ServerLease } from './server-lease.js';
import { rememberedPort, rememberPort, usablePort } from './loopback-port.js';
import { findPostmaster, stopPostmaster } from './postmaster.js';
import type { ServerAccount } from './server-account.js';

const START_TIMEOUT_MS = 30_000;
const POLL_MS = 10;
const REVIVAL_PAUSE_MS = 1000;

/** Log output of a server that found traces of another one, or lost a race against it; both are temporary. */
const PASSING = /still in use|lock file .* already exists|could not create any TCP\/IP sockets/;

/** Options of the process that runs a server. */
export interface KeeperOptions {
  readonly logger: Pick<Logger, 'log' | 'warn'>;
  /** Settings of `postgresql.conf` for a server started by this process. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Keeps a cluster's server running as long as this or another process uses it. */
export class ServerKeeper {
  private lease: ServerLease | null = null;
  private port = 0;
  private stopping = false;
  private revival: Promise<void> = Promise.resolve();

  constructor(
    private readonly cluster: Cluster,
    private readonly account: ServerAccount,
    private readonly folder: string,
    private readonly options: KeeperOptions,
  ) {}

  /** Adopts the running server or starts one, and returns its port. */
  async start(): Promise<number> {
    this.port = await rememberedPort(this.folder);
    await this.enter();
    return this.port;
  }

  /** Releases the server; the last process to do so stops it. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.revival;
    const isLast = (await this.lease?.release()) ?? true;
    if (isLast) await stopPostmaster(this.cluster.directory, this.account.binaries);
    await this.lease?.close();
  }

  private async enter(): Promise<void> {
    const deadline = performance.now() + START_TIMEOUT_MS;
    let child: ChildProcess | null = null;
    while (!this.stopping) {
      const running = findPostmaster(this.cluster.directory);
      if (running) {
        if (await this.claim(running.port)) return;
      } else if (child === null || hasEnded(child)) {
        if (child !== null) await this.assertPassing();
        child = await this.launch();
      }
      if (performance.now() > deadline) throw new Error(await this.failure());
      await delay(POLL_MS);
    }
  }

  private async launch(): Promise<ChildProcess> {
    await this.account.own(this.cluster.directory);
    this.port = await usablePort(this.port);
    return launch(this.cluster, this.account, this.folder, this.port, this.options.settings);
  }

  /** Returns false while the server starts, recovers or shuts down; throws if the server does not accept our password. */
  private async claim(port: number): Promise<boolean> {
    try {
      this.lease = await ServerLease.open(urlOf(this.cluster, 'superuser', port), () => this.onLost());
    } catch (error) {
      if (isDatabaseUnavailable(error) && !isRefusedLogin(error)) return false;
      throw error;
    }
    this.port = port;
    await rememberPort(this.folder, port);
    return true;
  }

  private onLost(): void {
    if (this.stopping) return;
    this.options.logger.warn('The embedded PostgreSQL ended unexpectedly; restarting it');
    this.revival = this.revive(this.port);
  }

  private async revive(addressedPort: number): Promise<void> {
    this.lease = null;
    while (this.lease === null && !this.stopping) {
      try {
        await this.enter();
      } catch (error) {
        this.options.logger.warn(`The embedded PostgreSQL could not be restarted: ${String(error)}`);
        await delay(REVIVAL_PAUSE_MS);
      }
    }
    if (this.stopping) return;
    if (this.port === addressedPort) this.options.logger.log('The embedded PostgreSQL was restarted');
    else
      this.options.logger.warn(
        `The port of the embedded PostgreSQL was taken; restart the service to use port ${this.port}`,
      );
  }

  private async assertPassing(): Promise<void> {
    if (!PASSING.test(await lastWords(this.folder))) throw new Error(await this.failure());
  }

  private async failure(): Promise<string> {
    return `The embedded PostgreSQL in ${this.folder} did not start:\n${await lastWords(this.folder)}`;
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

function isRefusedLogin(error: unknown): boolean {
  return String((error as { code?: string }).code).startsWith('28');
}
