import { FORMS } from './generated/operations.gen.js';
import { isProblem, problemOf } from './problem.js';
import { jsonLines, serverSentEvents } from './streams.js';

/** Longer waits are the caller's decision. */
const MAX_WAIT_SECONDS = 30;

/** What the service refuses before it has done anything, which `dependency_unavailable` is not: see {@link isLost}. */
const UNDONE: readonly string[] = ['rate_limited', 'overloaded'];

/** A request before it is sent, by the names of the OpenAPI document. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly params?: Readonly<Record<string, unknown>> | undefined;
  readonly query?: Readonly<Record<string, unknown>> | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How long the answer is awaited each time that the request is sent, milliseconds. */
  readonly timeoutMs?: number;
  /** The cookies of the answer are kept even if the page is closed before it comes. */
  readonly keepalive?: boolean;
  /** No cookies are sent. */
  readonly isAnonymous?: boolean;
}

/** Sends requests to one service. */
export class Wire {
  private readonly send: typeof globalThis.fetch;
  private readonly isUsable: boolean;

  constructor(
    private readonly baseUrl: string,
    private readonly credentials: 'include' | 'omit',
    send: typeof globalThis.fetch | undefined,
  ) {
    this.send = send ?? ((...words) => fetch(...words));
    // Pages, also simulated ones, and their workers have a location.
    this.isUsable = credentials === 'omit' || send !== undefined || 'location' in globalThis || !isNode();
  }

  /** Throws where the cookies of the answers would be lost. A page that is rendered in a server sends nothing there. */
  assertUsable(): void {
    if (!this.isUsable) throw new TypeError("transport 'cookie' needs a browser, or fetch with cookies.");
  }

  /** Resolves with the parsed answer; rejects with a {@link ProblemError}, or with the platform's error where there is none. */
  async exchange(call: Call, accessToken?: string): Promise<unknown> {
    this.assertUsable();
    const { method, keepalive, isAnonymous } = call;
    const signal = signalOf(call);
    const body = encoded(call);
    // A browser's fetch must not be called as a method of this object.
    const { send } = this;
    const response = await send(this.urlOf(call), {
      method,
      // Cloudflare Workers have no cookies of their own and refuse this member.
      ...('credentials' in Request.prototype && { credentials: isAnonymous ? 'omit' : this.credentials }),
      headers: {
        ...(typeof body === 'string' && { 'content-type': 'application/json' }),
        ...(accessToken !== undefined && { authorization: `Bearer ${accessToken}` }),
        ...call.headers,
      },
      ...(body !== undefined && { body }),
      ...(signal && { signal }),
      ...(keepalive === true && { keepalive }),
    });
    // HTML is from somebody in between, such as the login page of a network.
    if (!response.ok || typeOf(response).startsWith('text/html')) throw await problemOf(response);
    return parsed(response);
  }

  private urlOf({ path, params, query }: Call): string {
    const filled = path.replace(/\{(\w+)\}/g, (_all, name: string) => {
      const value = `${(params?.[name] ?? '') as string | number}`;
      // A URL parser would take the segment away, and with the dots the one before it, too.
      if (/^\.{0,2}$/.test(value)) throw new TypeError(`The parameter ${name} cannot be '${value}'.`);
      return encodeURIComponent(value);
    });
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query ?? {})) {
      const values = [value].flat() as (string | number | boolean | null | undefined)[];
      for (const one of values) if (one !== undefined && one !== null) search.append(name, String(one));
    }
    return `${this.baseUrl}${filled}${search.size > 0 ? `?${String(search)}` : ''}`;
  }
}

function isNode(): boolean {
  const { process } = globalThis as { process?: { versions?: { node?: string } } };
  return process?.versions?.node !== undefined;
}

function signalOf({ signal, timeoutMs }: Call): AbortSignal | undefined {
  if (timeoutMs === undefined) return signal;
  return AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]);
}

function encoded({ method, path, body }: Call): string | FormData | URLSearchParams | undefined {
  if (body === undefined || body instanceof FormData || body instanceof URLSearchParams) return body;
  if (!FORMS.includes(`${method} ${path}`)) return JSON.stringify(body);
  const members = Object.entries(body as Record<string, unknown>).filter(([, value]) => value !== undefined);
  return new URLSearchParams(members.map(([name, value]): [string, string] => [name, String(value)]));
}

const typeOf = (response: Response) => response.headers.get('content-type') ?? '';

async function parsed(response: Response): Promise<unknown> {
  const type = typeOf(response);
  if (/[/+]json\b/.test(type)) return response.json();
  if (type.startsWith('application/x-ndjson')) return jsonLines(response);
  if (type.startsWith('text/event-stream')) return serverSentEvents(response);
  return (await response.text()) || undefined;
}

/**
 * Seconds after which a refused request may be sent again; null where it may not. A POST is repeated only where the service
 * itself says that it has not done it.
 */
export function waitOf(error: unknown, isRepeatable: boolean): number | null {
  if (!isProblem(error) || (error.status !== 429 && error.status !== 503)) return null;
  if (!isRepeatable && error.status === 503 && !UNDONE.includes(error.code)) return null;
  const seconds = error.retryAfterSeconds ?? (isRepeatable ? 1 : Infinity);
  return seconds <= MAX_WAIT_SECONDS ? seconds : null;
}

/**
 * Whether the service may have done what it was asked for, although no answer says so. `dependency_unavailable` is also what it
 * answers where the database was lost during a commit, and a page of HTML with status 200 may come from a proxy.
 */
export function isLost(error: unknown): boolean {
  return !isProblem(error) || error.status < 400 || (error.status >= 500 && error.code !== 'overloaded');
}

/** Settles like a promise, which goes on; rejects with the signal's reason where that comes first. */
export function unlessAborted<R>(promise: Promise<R>, signal: AbortSignal | undefined): Promise<R> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** Rejects with the signal's reason where that comes first. */
export function sleep(seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal!.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, seconds * 1000);
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop, { once: true });
  });
}
