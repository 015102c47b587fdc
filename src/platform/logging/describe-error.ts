/** What a log line tells of an error. */
interface ErrorDescription {
  readonly type: string;
  readonly message: string;
  readonly stack?: string | undefined;
  readonly code?: string;
  readonly constraint?: string;
  readonly cause?: ErrorDescription;
}

/** Causes of causes beyond this are not told; a circle of them would have no end. */
const MAX_DEPTH = 5;

/**
 * An error without the data that it was made of: the parameters of a failed statement and PostgreSQL's `detail` hold
 * addresses and password hashes (ASVS 16.2.5), so only members that name things are taken, and no others.
 */
export function describeError(error: unknown, depth = 0): ErrorDescription {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  const { code, constraint } = error as { code?: unknown; constraint?: unknown };
  return {
    type: error.name,
    message: error.message,
    stack: error.stack,
    ...(typeof code === 'string' && { code }),
    ...(typeof constraint === 'string' && { constraint }),
    ...(error.cause !== undefined && depth < MAX_DEPTH && { cause: describeError(error.cause, depth + 1) }),
  };
}
