import type { FactorChallenge, FieldFault, Problem } from './generated/types.gen.js';
import type { StepUpChallenge } from './types.js';

/** The stable name of a refusal; `unknown` where a proxy answered. Services newer than this client may have others. */
export type ProblemCode = Problem['code'] | 'unknown' | (string & {});

/** A refusal of the service (RFC 9457), another answer that is not a success, or a request that must not be sent any more. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail: string;
  /** Quote this when contacting an operator. Null where the answer did not come from the service. */
  readonly requestId: string | null;
  /** Every invalid member, with `validation_failed`. */
  readonly errors: readonly FieldFault[];
  /** The login that goes on with a second factor, with `factor_required`. */
  readonly challenge: FactorChallenge | null;
  /** The ways to authenticate again, with `insufficient_user_authentication`. */
  readonly methods: readonly string[];
  /** Seconds after which the request may succeed; null where the service does not say. */
  readonly retryAfterSeconds: number | null;
  /** The value of `WWW-Authenticate`; null where there is none, or where a page of another origin cannot read it. */
  readonly authenticate: string | null;

  constructor(response: Response, body: Partial<Problem>) {
    super(body.detail ?? `The request was answered with status ${response.status}.`);
    this.status = response.status;
    this.code = body.code ?? 'unknown';
    this.detail = this.message;
    this.requestId = body.requestId ?? response.headers.get('x-request-id');
    this.errors = body.errors ?? [];
    this.challenge = body.challenge ?? null;
    this.methods = body.methods ?? [];
    this.retryAfterSeconds = retryAfter(response.headers);
    this.authenticate = response.headers.get('www-authenticate');
  }
}

/** Whether this is a refusal of the service, with this code if one is given. */
export function isProblem(error: unknown, code?: ProblemCode): error is ProblemError {
  return error instanceof ProblemError && (code === undefined || error.code === code);
}

/** Reads the body of an answer that is not a success. */
export async function problemOf(response: Response): Promise<ProblemError> {
  const body: unknown = await response.json().catch(() => null);
  const isDocument = typeof body === 'object' && body !== null && typeof (body as Problem).code === 'string';
  return new ProblemError(response, isDocument ? body : {});
}

/** The failure of a request whose session was left before it was sent; the service would refuse the token in the same way. */
export function sessionLeft(): ProblemError {
  const detail = 'The session of this request was left before it was sent.';
  return new ProblemError(new Response(null, { status: 401 }), { code: 'invalid_token', detail });
}

/** What a refusal with `insufficient_user_authentication` asks for (RFC 9470, section 3). */
export function challengeOf({ authenticate, methods }: ProblemError): StepUpChallenge {
  const valueOf = (name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(authenticate ?? '')?.[1];
  const maxAge = valueOf('max_age');
  return {
    acrValues: valueOf('acr_values')?.split(' ') ?? [],
    maxAgeSeconds: maxAge === undefined ? null : Number(maxAge),
    methods,
  };
}

/** RFC 9110, section 10.2.3. A date counts from the `Date` of the same answer: the clock of this machine may be wrong. */
function retryAfter(headers: Headers): number | null {
  const value = headers.get('retry-after');
  if (value === null) return null;
  if (/^\d+$/.test(value)) return Number(value);
  const seconds = (Date.parse(value) - Date.parse(headers.get('date') ?? '')) / 1000;
  return Number.isNaN(seconds) ? null : Math.max(0, seconds);
}
