import { EXIT_CONFIG } from '../platform/config/configuration-fault.js';

/** Exit codes of commands, based on sysexits.h; 0 is success. */
export const EXIT = {
  usage: 64,
  dataError: 65,
  noInput: 66,
  noAccount: 67,
  unavailable: 69,
  noOutput: 73,
  unfinished: 75,
  refused: 77,
  configuration: EXIT_CONFIG,
} as const;

/** Ends a command with a sentence for the operator and an exit code of {@link EXIT}. */
export class CommandFailure extends Error {
  constructor(
    readonly exitCode: number,
    message: string,
  ) {
    super(message);
    this.name = 'CommandFailure';
  }
}
