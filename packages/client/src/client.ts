import type { FactorLogin, Profile, Register, StepUp } from './generated/types.gen.js';
import { exclusively, isExclusive } from './lock.js';
import { untilAnswered } from './lost-refresh.js';
import { type Passkeys, passkeysOf } from './passkeys.js';
import { challengeOf, isProblem, type ProblemError } from './problem.js';
import { SessionState, type State } from './session-state.js';
import type {
  Answer,
  ClientOptions,
  Credentials,
  Method,
  Path,
  RequestOptions,
  SignedIn,
  SignedOutReason,
  Transport,
} from './types.js';
import { type Call, isLost, sleep, unlessAborted, waitOf, Wire } from './wire.js';

/** How long the answer of a refresh is awaited, milliseconds. The service gives the same answer again for ten seconds. */
const REFRESH_MS = 4000;

/**
 * The same for a step-up: the refresh that follows a lost answer is within the ten seconds. By default, a password waits in the
 * service for five seconds at most before it is refused.
 */
const STEP_UP_MS = 6000;

/** A refused token, which a refresh replaces. */
const EXPIRED: readonly string[] = ['unauthenticated', 'invalid_token'];

/** The session is over, and no refresh helps. */
const OVER: readonly string[] = ['session_ended', 'refresh_token_reused'];

/** What `onStepUp` sends. If a refusal of these called it, it would wait for itself. */
const OF_STEP_UP: readonly string[] = ['/auth/step-up', '/auth/passkey/options'];

/** A client of one service. Failures are thrown: a `ProblemError` for an answer, the platform's error where there is none. */
export interface Client<T extends Transport = Transport> {
  /**
   * Sends a request as the signed-in user. It is repeated after an expired token was renewed, and after `onStepUp` has proved
   * recently who the user is; each at most once.
   */
  request<M extends Method, P extends Path<M>>(
    method: M,
    path: P,
    ...rest: object extends RequestOptions<M, P>
      ? [options?: RequestOptions<M, P>]
      : [options: RequestOptions<M, P>]
  ): Promise<Answer<M, P>>;
  /** The new account; undefined where the service tells nobody whether an address is taken. */
  register(account: Register): Promise<Profile | undefined>;
  login(credentials: Credentials): Promise<SignedIn<T>>;
  /** The second half of a login; `challenge` is `challenge.token` of the first half. */
  loginFactor(proof: Omit<FactorLogin, 'tokenTransport'>): Promise<SignedIn<T>>;
  /** Renews the tokens. It is not needed before a request. */
  refresh(): Promise<SignedIn<T>>;
  me(): Promise<Profile>;
  /** Ends the session. Tokens in a storage are removed even if the service cannot be reached. */
  logout(): Promise<void>;
  /** Proves again who is signed in: by the password, or by a factor. */
  stepUp(proof: StepUp): Promise<SignedIn<T>>;
  /** Whether somebody is signed in, as far as this browser or process knows; sends no request. */
  isSignedIn(): Promise<boolean>;
  readonly passkeys: Passkeys<T>;
}

/**
 * Creates the client of a service. One for each page or process is enough. Throws a `TypeError` that names the option for an
 * invalid one.
 */
export function createClient<const T extends Transport>(options: ClientOptions<T>): Client<T> {
  const { baseUrl, transport } = options;
  if (!/^(https?:\/\/.|\/|$)/i.test(baseUrl)) throw new TypeError('baseUrl is no http(s) URL.');
  if (transport !== 'cookie' && transport !== 'body')
    throw new TypeError("transport is neither 'cookie' nor 'body'.");
  return new SessionClient(options) as unknown as Client<T>;
}

class SessionClient {
  readonly passkeys: Passkeys;
  private readonly wire: Wire;
  private readonly state: SessionState;
  private readonly isBody: boolean;
  private deviceToken: string | undefined;
  private renewing: Promise<SignedIn | null> | null = null;
  private steppingUp: Promise<boolean> | null = null;

  constructor(private readonly options: ClientOptions<Transport>) {
    const baseUrl = options.baseUrl.replace(/\/+$/, '');
    this.isBody = options.transport === 'body';
    this.wire = new Wire(baseUrl, this.isBody ? 'omit' : 'include', options.fetch);
    const { storage, onSignedOut } = options;
    this.state = new SessionState(`portcullis:${baseUrl}`, this.isBody, storage, onSignedOut);
    this.passkeys = passkeysOf({
      post: (path, body) => this.post(path, body),
      postAnonymously: (path, body) => this.patient({ method: 'POST', path, body, isAnonymous: true }),
      refresh: () => this.refresh(),
    });
  }

  request(method: string, path: string, options: object = {}): Promise<unknown> {
    const call: Call = { ...options, method, path };
    switch (`${method} ${path}`) {
      case 'POST /auth/register':
        return this.patient(call);
      case 'POST /auth/login':
      case 'POST /auth/login/factor':
      case 'POST /auth/passkey':
        return this.enter(call);
      case 'POST /auth/refresh':
        return unlessAborted(this.refresh(), call.signal);
      case 'POST /auth/logout':
        return this.leave(call);
      case 'POST /auth/step-up':
        return this.renewBy(call);
      default:
        return this.signedIn(call);
    }
  }

  register(body: object): Promise<unknown> {
    return this.post('/auth/register', body);
  }

  login(body: object): Promise<unknown> {
    return this.post('/auth/login', body);
  }

  loginFactor(body: object): Promise<unknown> {
    return this.post('/auth/login/factor', body);
  }

  async refresh(): Promise<unknown> {
    // A refresh that cannot be sent is not retried.
    this.wire.assertUsable();
    // Another tab may be faster; its answer is not known here. Where nobody is signed in, the service says so.
    return (
      (await this.renew(await this.state.begin())) ??
      (await this.renew(await this.state.read())) ??
      this.rotated(await this.state.read())
    );
  }

  me(): Promise<unknown> {
    return this.request('GET', '/users/me');
  }

  logout(): Promise<unknown> {
    return this.post('/auth/logout');
  }

  stepUp(body: object): Promise<unknown> {
    return this.post('/auth/step-up', body);
  }

  async isSignedIn(): Promise<boolean> {
    return (await this.state.read()) !== null;
  }

  private post(path: string, body?: object): Promise<unknown> {
    return this.request('POST', path, { body });
  }

  private async enter(call: Call): Promise<unknown> {
    const { transport: tokenTransport, onFactor } = this.options;
    const device = this.deviceToken === undefined ? {} : { deviceToken: this.deviceToken };
    // Tokens in the answer of another transport would be lost, or kept where scripts can read them.
    const body = { ...device, ...(call.body as object), tokenTransport };
    try {
      return await this.patient({ ...call, body }, null, (answer) => this.adopted(answer));
    } catch (error) {
      if (!isProblem(error, 'factor_required') || !error.challenge || !onFactor) throw error;
      return onFactor(error.challenge);
    }
  }

  private async leave(call: Call): Promise<void> {
    const state = await this.state.begin(true);
    const refreshToken = state?.tokens?.refreshToken;
    let isOver = this.isBody;
    try {
      await this.patient({ ...call, body: call.body ?? { refreshToken } }, state);
      isOver = true;
    } finally {
      if (isOver) await this.state.end(state, 'logout');
    }
  }

  private async renewBy(call: Call): Promise<SignedIn> {
    const seen = await this.state.begin();
    const isSameSession = (kept: State | null) => !seen || kept?.session === seen.session;
    try {
      const answer = await this.signedIn({ ...call, keepalive: true, timeoutMs: STEP_UP_MS });
      const signedIn = await this.adopted(answer, isSameSession);
      if (seen) this.state.follow(seen, signedIn);
      return signedIn;
    } catch (error) {
      // The refresh token may have been replaced; for ten seconds, a refresh gets what the lost answer contained.
      const kept = isLost(error) ? await this.state.read() : null;
      if (kept && isSameSession(kept)) await this.renew(kept).catch(() => undefined);
      throw error;
    }
  }

  private async adopted(answer: unknown, isWanted?: (kept: State | null) => boolean): Promise<SignedIn> {
    const signedIn = answer as SignedIn;
    if ('deviceToken' in signedIn) this.deviceToken = signedIn.deviceToken;
    await this.state.adopt(signedIn, isWanted);
    return signedIn;
  }

  /** Sends a request for the session that was seen; after a limit or an overload, once more. `take` gets the answer. */
  private async patient(
    call: Call,
    seen: State | null = null,
    take: (answer: unknown) => unknown = (answer) => answer,
  ): Promise<unknown> {
    const send = async (refusal?: unknown) => {
      // A token is that of its session; cookies are of whoever has signed in last. A logout is sent also where nobody is signed
      // in any more: the page may have emptied its storage, but not the cookies.
      if (!this.isBody) await this.state.readSame(seen, refusal, call.path === '/auth/logout');
      return take(await this.wire.exchange(call, seen?.tokens?.accessToken));
    };
    const sendInTurn = (refusal?: unknown) =>
      !this.isBody && isExclusive(call.method, call.path)
        ? exclusively(this.state.queue, () => send(refusal), call.signal)
        : send(refusal);
    try {
      return await sendInTurn();
    } catch (error) {
      const wait = waitOf(error, call.method !== 'POST');
      if (wait === null) throw error;
      await sleep(wait, call.signal);
      return sendInTurn(error);
    }
  }

  /**
   * Sends a request as the signed-in user, and again after a refresh and after a step-up, one of each at most; after further
   * step-ups only by other methods, as a session needs that has lost the factor with which it was opened.
   */
  private async signedIn(call: Call): Promise<unknown> {
    let seen = await this.state.begin();
    if (this.state.hasExpired(seen)) {
      await unlessAborted(this.renew(seen), call.signal);
      seen = await this.state.readSame(seen);
    }
    const mended = new Set<string>();
    for (;;) {
      try {
        return await this.patient(call, seen);
      } catch (error) {
        if (!isProblem(error)) throw error;
        const kind = EXPIRED.includes(error.code) ? 'expired' : `${error.code} ${error.methods.join()}`;
        if (mended.has(kind) || !(await unlessAborted(this.isMended(error, call, seen), call.signal)))
          throw error;
        mended.add(kind);
        seen = await this.state.readSame(seen, error);
      }
    }
  }

  /** Whether the request may succeed now. A session that turns out to be over is over here, too. */
  private async isMended(refusal: ProblemError, { path }: Call, seen: State | null): Promise<boolean> {
    if (OVER.includes(refusal.code)) await this.state.end(seen, refusal.code as SignedOutReason);
    if (refusal.code === 'insufficient_user_authentication')
      return !OF_STEP_UP.includes(path) && this.isProven(refusal);
    if (!EXPIRED.includes(refusal.code)) return false;
    await this.renew(seen);
    return (await this.state.read()) !== null;
  }

  private isProven(refusal: ProblemError): Promise<boolean> {
    const { onStepUp } = this.options;
    if (!onStepUp) return Promise.resolve(false);
    return (this.steppingUp ??= Promise.resolve(onStepUp(challengeOf(refusal))).finally(() => {
      this.steppingUp = null;
    }));
  }

  /** One refresh at a time; resolves with null where another tab had refreshed or signed out before it. */
  private renew(seen: State | null): Promise<SignedIn | null> {
    const { isShared, queue } = this.state;
    const send = () => this.renewOnce(seen);
    const sendInTurn = isShared ? () => exclusively(queue, send) : send;
    return (this.renewing ??= untilAnswered(sendInTurn).finally(() => {
      this.renewing = null;
    }));
  }

  private async renewOnce(seen: State | null): Promise<SignedIn | null> {
    const state = await this.state.read();
    if (state?.stamp !== seen?.stamp || (this.isBody && state === null)) return null;
    return this.rotated(state);
  }

  private async rotated(state: State | null): Promise<SignedIn> {
    const refreshToken = state?.tokens?.refreshToken;
    try {
      const answer = await this.wire.exchange({
        method: 'POST',
        path: '/auth/refresh',
        body: { refreshToken },
        keepalive: true,
        timeoutMs: REFRESH_MS,
      });
      return await this.adopted(answer, (kept) => kept?.stamp === state?.stamp);
    } catch (error) {
      // A proxy's 401 says nothing about the session.
      if (isProblem(error) && [...EXPIRED, ...OVER].includes(error.code))
        await this.state.end(state, error.code as SignedOutReason);
      throw error;
    }
  }
}
