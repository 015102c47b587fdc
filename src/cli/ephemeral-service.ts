import 'reflect-metadata';
import { setTimeout as delay } from 'node:timers/promises';
import { serve } from '../app/process.js';
import { ephemeralEnvironment, type Prepared } from '../ephemeral/ephemeral-environment.js';
import { EphemeralModule } from '../ephemeral/ephemeral.module.js';
import { StartLine } from '../ephemeral/machines/start-line.js';
import { MovableClock } from '../ephemeral/time/movable-clock.js';
import type { EphemeralOptions } from '../ephemeral/ephemeral-options.js';
import { choosePort } from '../platform/config/choose-port.js';
import { StartFault } from '../platform/config/start-fault.js';
import { SystemRandomness } from '../platform/crypto/randomness.js';

const POLL_MS = 10;

/** A throwaway service that answers requests. */
export interface RunningService {
  readonly url: string;
  readonly adminKey: string;
  stop(): Promise<void>;
}

/** Starts the service; resolves when it is ready. Throws the faults of a start. */
export async function startService(
  variables: Readonly<Record<string, string>>,
  options: EphemeralOptions,
  prepared: Prepared,
): Promise<RunningService> {
  const environment = ephemeralEnvironment(variables, options, prepared, new SystemRandomness());
  await choosePort(environment);
  const clock = new MovableClock();
  const line = new StartLine();
  const parts = { clock, modules: [EphemeralModule.with(clock, line)] };
  let stop: () => Promise<void>;
  try {
    // Its only instance has all its secrets.
    stop = await serve(environment, () => undefined, parts);
  } catch (error) {
    const isTaken = error instanceof StartFault && error.code === 'EADDRINUSE';
    if (!isTaken || options.port !== null) throw error;
    // Another process got the free port between the choice and its use.
    return startService(variables, options, prepared);
  }
  while ((await fetch(`http://127.0.0.1:${environment.PORT}/health/ready`)).status !== 200)
    await delay(POLL_MS);
  return { url: environment.PUBLIC_URL, adminKey: line.adminKey, stop };
}
