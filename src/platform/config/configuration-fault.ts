/** The configuration cannot be used; the process prints each fault on its own line and exits with code 78. */
export class ConfigurationFault extends Error {
  /** @param faults one sentence per fault; each names the variable and never its value */
  constructor(readonly faults: readonly string[]) {
    super(faults.join('\n'));
    this.name = 'ConfigurationFault';
  }
}

/** `EX_CONFIG` of sysexits.h. */
export const EXIT_CONFIG = 78;
