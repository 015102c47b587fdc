/**
 * The surroundings that a variable names cannot be used at the start: an address, a port, a file. Carries the code of its
 * cause, by which the failure is explained.
 */
export class StartFault extends Error {
  readonly code: string | undefined;

  /** @param variable the variable to correct */
  constructor(
    readonly variable: string,
    cause: unknown,
  ) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = 'StartFault';
    this.code = (cause as { code?: string } | null)?.code;
  }
}

/** Runs a step of the start whose failure is the fault of a variable; faults that name theirs already pass. */
export async function faultOf<T>(variable: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof StartFault || !(error instanceof Error) || NAMED.has(error.name)) throw error;
    throw new StartFault(variable, error);
  }
}

/** Errors of the start that say everything themselves. */
const NAMED = new Set(['ConfigurationFault', 'StartInterrupted']);
