import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import type { Role, SessionPrincipal } from '../platform/access/principal.js';
import type { Profile } from '../platform/access/profile.js';
import { Clock } from '../platform/clock/clock.js';
import { UuidV7 } from '../platform/crypto/uuid.js';
import { type Transaction, TransactionRunner } from '../platform/database/transaction-runner.js';
import { PlatformErrors } from '../platform/errors/platform.errors.js';
import { Problem } from '../platform/errors/problem.js';
import type { Locale } from '../platform/access/locale.js';
import type { Origin } from '../platform/http/origin.js';
import { monotonicTimestamp } from './monotonic-timestamp.js';
import { profileOf } from './profile.js';
import { ProfileChanges } from './profile-changes.js';
import { User } from './user.entity.js';
import { UsersRepository } from './users.repository.js';

/** An account to be created. */
export interface NewUser {
  /** In the form returned by `canonicalEmail`. */
  readonly email: string;
  readonly displayName: string | null;
  readonly roles: Role[];
  readonly locale: Locale;
  /** Whether the address is considered verified from the start; false by default. */
  readonly emailVerified?: boolean;
  /** Whether it is to be accepted by an invitation first; false by default. */
  readonly isInvited?: boolean;
}

/** The whole editable profile. */
export interface ProfileUpdate {
  readonly displayName: string | null;
  /** Null leaves it as it is. */
  readonly locale: Locale | null;
}

/** Accounts and their profiles. */
@Injectable()
export class UsersService {
  constructor(
    private readonly users: UsersRepository,
    private readonly changes: ProfileChanges,
    private readonly audit: AuditService,
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
    private readonly ids: UuidV7,
  ) {}

  async findById(id: string, tx?: Transaction): Promise<User | null> {
    return this.users.findById(id, tx);
  }

  /** Returns whether an account has this address, given in the form returned by `canonicalEmail`. */
  async isTaken(email: string): Promise<boolean> {
    return (await this.users.findByEmail(email)) !== null;
  }

  /** Returns the account that has an address, given in the form returned by `canonicalEmail`. */
  async findByEmail(email: string, tx?: Transaction): Promise<User | null> {
    return this.users.findByEmail(email, tx);
  }

  /** Returns the id of the account that has an address; for those who need no more. */
  async idByEmail(email: string): Promise<string | null> {
    return this.users.idByEmail(email);
  }

  /** {@link findByEmail} with a lock on the account's row until the transaction ends. */
  async lockByEmail(tx: Transaction, email: string): Promise<User | null> {
    return this.users.lockByName(tx, email);
  }

  /** Reads an account and locks its row until the transaction ends. */
  async lock(tx: Transaction, id: string): Promise<User | null> {
    return this.users.lock(tx, id);
  }

  /** Reads an account and keeps its row from changing until the transaction ends; several transactions can do so at once. */
  async share(tx: Transaction, id: string): Promise<User | null> {
    return this.users.share(tx, id);
  }

  /** Stores the time of a login. The caller must have locked the account's row. */
  async noteLogin(tx: Transaction, { id }: User, at: Date): Promise<void> {
    await this.users.noteLogin(tx, id, at);
  }

  /** Creates an account and records its event in the caller's transaction. Throws `email_taken`. */
  async create(tx: Transaction, account: NewUser, origin: Origin): Promise<User> {
    const user = this.userOf(account);
    await this.users.insert(tx, user);
    await this.audit.record(tx, {
      type: 'user_created',
      outcome: 'success',
      userId: user.id,
      origin,
      details: { roles: user.roles },
    });
    return user;
  }

  /** Creates an account unless its address is taken. Records no event; the caller must. */
  async createUnlessTaken(tx: Transaction, account: NewUser): Promise<{ user: User; isCreated: boolean }> {
    const user = this.userOf(account);
    return { user, isCreated: await this.users.insertUnlessTaken(tx, user) };
  }

  /** Deletes an account that was created in the same transaction. */
  async deleteJustCreated(tx: Transaction, { id }: User): Promise<void> {
    await this.users.delete(tx, id);
  }

  /** Marks an account's address as verified. The caller must have locked the account. */
  async proveEmail(tx: Transaction, user: User): Promise<User> {
    const changes = { emailVerified: true, updatedAt: this.updatedAt(user) };
    await this.users.update(tx, user.id, changes);
    return Object.assign(user, changes);
  }

  /**
   * Makes an invited account its owner's, with the given name and a verified address. The caller must have locked the
   * account.
   */
  async acceptInvitation(tx: Transaction, user: User, displayName: string | null): Promise<User> {
    const changes = { invitedAt: null, emailVerified: true, displayName, updatedAt: this.updatedAt(user) };
    await this.users.update(tx, user.id, changes);
    return Object.assign(user, changes);
  }

  /** Changes an account's address. The caller must have locked the account. Throws `email_taken`. */
  async changeEmail(
    tx: Transaction,
    user: User,
    email: Pick<User, 'email' | 'emailVerified'>,
  ): Promise<User> {
    await this.users.changeEmail(tx, user.id, { ...email, updatedAt: this.updatedAt(user) });
    return (await this.users.lock(tx, user.id))!;
  }

  /** Replaces the editable profile. Throws `not_found` when the account no longer exists. */
  async updateProfile(
    { userId: id, sessionId }: Pick<SessionPrincipal, 'userId' | 'sessionId'>,
    { displayName, locale }: ProfileUpdate,
    origin: Origin,
  ): Promise<Profile> {
    const profile = await this.transactions.run(async (tx) => {
      const user = await this.users.lock(tx, id);
      if (!user) throw new Problem(PlatformErrors.not_found);
      const changes = { displayName, locale: locale ?? user.locale, updatedAt: this.updatedAt(user) };
      await this.users.update(tx, id, changes);
      const members = (['displayName', 'locale'] as const).filter((name) => changes[name] !== user[name]);
      await this.audit.record(tx, {
        type: 'user_updated',
        outcome: 'success',
        userId: id,
        sessionId,
        origin,
        details: { members },
      });
      return profileOf(Object.assign(user, changes));
    });
    await this.changes.announce(profile);
    return profile;
  }

  private userOf({
    email,
    displayName,
    roles,
    locale,
    emailVerified = false,
    isInvited = false,
  }: NewUser): User {
    const now = this.clock.now();
    return Object.assign(new User(), {
      id: this.ids.next(),
      email,
      displayName,
      roles,
      locale,
      emailVerified,
      disabledAt: null,
      invitedAt: isInvited ? now : null,
      credentialVersion: 0,
      firstLoginAt: null,
      lastLoginAt: null,
      createdAt: now,
      updatedAt: now,
    });
  }

  private updatedAt(user: User): Date {
    return monotonicTimestamp(user.updatedAt, this.clock.nowMs());
  }
}
