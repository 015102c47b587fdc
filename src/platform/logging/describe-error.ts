/** The description of an error in a log line. */
interface ErrorDescription {
  readonly type: string;
  readonly message: string;
  readonly stack?: string | undefined;
  readonly code?: string;
  readonly constraint?: string;
  readonly cause?: ErrorDescription;
}

/** Maximum depth of causes; a cycle would never end. */
const MAX_DEPTH = 5;

/**
 * Describes an error without the data it was created from: the parameters of a failed statement and PostgreSQL's `detail`
 * contain addresses and password hashes (ASVS 16.2.5), so only an allowlist of members is logged.
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
