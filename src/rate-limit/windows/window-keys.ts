import { callerIdOf } from '../../platform/access/principal.js';
import { Injectable } from '@nestjs/common';
import { MasterKey } from '../../platform/crypto/master-key.js';
import type { RequestContext } from '../../platform/http/request-context.js';
import type { KeyPart, Policy } from '../policies/policy.js';
import { grainOf, grainOfPolicy, type Window } from './window.js';

/** Windows to cache, about 10 MB; beyond it all are dropped, since computing one again takes a few microseconds. */
const MAX_WINDOWS = 20_000;

/** 96 bits: among a billion callers, the probability that two share a bucket is 10^-11. */
const DIGEST_LENGTH = 16;

/** An account that is counted by its id rather than by an address that a request names. */
export interface AccountSubject {
  readonly userId: string;
  /** A device that the account knows, which is counted separately; null for all others. */
  readonly knownDeviceId: string | null;
}

/**
 * Names the windows of a request. Keys are keyed digests, so Redis holds neither addresses nor accounts. The digest of
 * the subject is the hash tag, so that all counts of one subject share a slot. The limit, and whether a large one
 * is exact, are part of the name, so that a changed limit starts a new window instead of misreading an old one.
 */
@Injectable()
export class WindowKeys {
  private readonly windows = new Map<Policy, Map<string, Window>>();
  private size = 0;

  constructor(private readonly masterKey: MasterKey) {}

  /** Returns whether a policy applies to a request: the request names the account or session that the policy counts by. */
  applies({ keys }: Policy, context: RequestContext): boolean {
    if (keys.includes('account') && context.emailDigest === null) return false;
    return !keys.includes('session') || context.refreshSessionId !== null;
  }

  /** Returns the window of a policy that applies. */
  windowOf(policy: Policy, context: RequestContext): Window {
    return this.window(policy, subjectOf(policy.keys, context), detailOf(policy.keys, context));
  }

  /** Returns the window of a policy by account, for an account that the service has found itself. */
  windowOfAccount(policy: Policy, { userId, knownDeviceId }: AccountSubject): Window {
    return this.window(policy, `user ${userId}`, ` device ${knownDeviceId ?? 'unknown'}`);
  }

  /** Returns a window of the size of a policy, for what a network does before its requests are counted. */
  windowOfNetwork(policy: Policy, network: string, purpose: string): Window {
    return this.window(policy, `address ${network}`, ` ${purpose}`);
  }

  /** The same object for the same window, so that whoever looks up its key need not hash a new string. */
  private window(policy: Policy, subject: string, detail: string): Window {
    const name = `${subject}\n${detail}`;
    const known = this.windows.get(policy)?.get(name);
    if (known) return known;
    if (this.size >= MAX_WINDOWS) this.forget();
    const window = this.newWindow(policy, subject, detail);
    const ofPolicy = this.windows.get(policy) ?? new Map<string, Window>();
    this.windows.set(policy, ofPolicy.set(name, window));
    this.size += 1;
    return window;
  }

  private forget(): void {
    this.windows.clear();
    this.size = 0;
  }

  private newWindow({ name, limit, windowSeconds, exact }: Policy, subject: string, detail: string): Window {
    // Its moments stand for one request each; those of a bounded window of this size, for several.
    const grain = exact && grainOf(limit) > 1 ? ' exact' : '';
    const scope = `${name} ${limit}/${windowSeconds}${grain}${detail}`;
    return {
      key: `portcullis:rl:{${this.digest(subject)}}${this.digest(scope)}`,
      limit,
      windowMs: windowSeconds * 1000,
      grain: grainOfPolicy({ limit, exact }),
    };
  }

  private digest(text: string): string {
    return this.masterKey.mac('rate-limit-key', text).toString('base64url').slice(0, DIGEST_LENGTH);
  }
}

/**
 * Returns the subject to count by. Anonymous callers and tokens of ended sessions are counted by address; a policy by
 * account alone counts all of its callers together.
 */
function subjectOf(keys: readonly KeyPart[], context: RequestContext): string {
  if (keys.includes('key') && context.principal && context.principal.kind !== 'session')
    return `key ${context.principal.keyId}`;
  if (keys.includes('user') && context.principal && !context.sessionIsOver)
    return `user ${callerIdOf(context.principal)}`;
  if (keys.includes('session')) return `session ${context.refreshSessionId}`;
  if (keys.includes('account') && !keys.includes('address')) return `account ${context.emailDigest}`;
  return `address ${context.origin.network}`;
}

/** A HEAD is counted as the GET that it stands for. */
function detailOf(keys: readonly KeyPart[], { emailDigest, origin }: RequestContext): string {
  const account = keys.includes('account') ? ` account ${emailDigest}` : '';
  const endpoint = origin.endpoint?.replace(/^HEAD /, 'GET ');
  return keys.includes('endpoint') ? `${account} endpoint ${endpoint}` : account;
}
