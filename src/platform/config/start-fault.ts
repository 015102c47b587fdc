/**
 * A resource that a variable names, such as an address, a port or a file, cannot be used at start. Carries the error
 * code of its cause, which selects the explanation that is printed.
 */
export class StartFault extends Error {
  readonly code: string | undefined;

  /** @param variable the variable or option to correct */
  constructor(
    readonly variable: string,
    cause: unknown,
  ) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = 'StartFault';
    this.code = (cause as { code?: string } | null)?.code;
  }
}

/**
 * Runs a step of the start and attributes its failure to a variable. Faults that already name a variable pass
 * unchanged.
 */
export async function withStartFault<T>(variable: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof StartFault || !(error instanceof Error) || NAMED.has(error.name)) throw error;
    throw new StartFault(variable, error);
  }
}

/** Like {@link withStartFault}, but only for errors of the file system; others pass unchanged. */
export async function withFileFault<T>(variable: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw isFileError(error) ? new StartFault(variable, error) : error;
  }
}

/** Codes that only files have. Errors of reading and writing an open file do not name it. */
const FILE_CODES = new Set(['EDQUOT', 'EFBIG', 'EIO', 'EISDIR', 'ENOSPC', 'EROFS']);

/** Whether an error is one of the file system, and not of a connection or a program. */
export function isFileError(error: unknown): error is NodeJS.ErrnoException {
  if (!(error instanceof Error)) return false;
  const { code = '', path, syscall = '' } = error as NodeJS.ErrnoException;
  return FILE_CODES.has(code) || (path !== undefined && /^[a-z]+$/.test(syscall) && syscall !== 'connect');
}

/** Errors of the start that already contain the full explanation. */
const NAMED = new Set(['ConfigurationFault', 'StartInterrupted']);
