import { storageStateOf } from './storage-state.js';
import { ThrowawayProcess } from './throwaway-process.js';
import type {
  ClockChange,
  Mails,
  StartOptions,
  TestSession,
  TestUser,
  User,
  WantedMail,
  WantedSession,
  WantedUsers,
} from './types.js';

/** Starts a service with a database of its own, which ends with this process. The first start on a machine takes longer. */
export async function start(options: StartOptions = {}): Promise<Portcullis> {
  return new Portcullis(await ThrowawayProcess.start(options));
}

/** A throwaway service. Clock and reset concern all of it, so tests that run at once need one each. */
export class Portcullis {
  /** Its public URL and issuer, `http://localhost:PORT`. Every page on `http://localhost` may call it. */
  readonly url: string;
  /** The key of a service account with every scope; it survives `reset`. */
  readonly adminKey: string;
  /** The URL of the caught mails, for people. */
  readonly mailbox: string;
  private aheadMs = 0;

  constructor(private readonly service: ThrowawayProcess) {
    ({ url: this.url, adminKey: this.adminKey, mailbox: this.mailbox } = service.announcement);
  }

  /** The time of the service, as `clock` has left it: the `now` of `createVerifier`. Can be passed on as it is. */
  readonly now = (): Date => new Date(Date.now() + this.aheadMs);

  /** Makes users who can sign in, one by default. Rejects if the address is taken. */
  async users(wanted: WantedUsers = {}): Promise<[TestUser, ...TestUser[]]> {
    const { items } = await this.post<{ items: [TestUser, ...TestUser[]] }>('/test/users', wanted);
    return items;
  }

  /** Makes a session of a user, without a login. */
  async session(
    of: TestUser | User | string,
    { origin, baseUrl = this.url, ...wanted }: WantedSession = {},
  ): Promise<TestSession> {
    const userId = typeof of === 'string' ? of : 'user' in of ? of.user.id : of.id;
    const session = await this.post<Omit<TestSession, 'storageState'>>('/test/sessions', {
      userId,
      ...wanted,
    });
    return { ...session, storageState: storageStateOf(session, { origin, baseUrl }) };
  }

  /**
   * Moves the clock of the service, for everything that it decides. Resolves with its time when all that has become due is
   * done. Without a change it goes back to the real time, and sessions that were made later end.
   */
  async clock(change: ClockChange = {}): Promise<Date> {
    const { now } = await this.post<{ now: string }>('/test/clock', change);
    this.aheadMs =
      change.advance === undefined && change.now === undefined ? 0 : Date.parse(now) - Date.now();
    return new Date(now);
  }

  /** Removes users, sessions, keys, mails and counters, and goes back to the real time. */
  async reset(): Promise<void> {
    await this.post('/test/reset', {});
    this.aheadMs = 0;
  }

  /** The caught mails, newest first. Waits for one if there is none, and rejects if none comes. */
  async mail<const Seconds extends number = 5>(wanted: WantedMail<Seconds> = {}): Promise<Mails<Seconds>> {
    const { to, after, waitSeconds = 5 } = wanted;
    const query = new URLSearchParams({
      wait: String(waitSeconds),
      ...(to !== undefined && { to }),
      ...(after !== undefined && { after }),
    });
    const { items } = await this.call<{ items: Mails<Seconds> }>(`/dev/mailbox?${query.toString()}`, {});
    if (items.length > 0 || waitSeconds === 0) return items;
    const which = (to === undefined ? '' : ` to ${to}`) + (after === undefined ? '' : ` after ${after}`);
    throw new Error(`no mail${which} within ${waitSeconds} s`);
  }

  /** Ends the service. Nothing of it is left. */
  stop(): Promise<void> {
    return this.service.stop();
  }

  private post<T>(path: string, body: object): Promise<T> {
    const headers = { 'content-type': 'application/json' };
    return this.call(path, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  private async call<T>(path: string, init: RequestInit): Promise<T> {
    const answer = await fetch(this.url + path, init);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path} was answered ${answer.status}: ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }
}
