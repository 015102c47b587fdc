import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type Observable, Subject } from 'rxjs';
import { Clock } from '../clock/clock.js';
import { FieldEncryption } from '../crypto/field-encryption.js';
import { SecretDependants } from '../crypto/secret-dependants.js';
import { UuidV7 } from '../crypto/uuid.js';
import { type Transaction, afterCommit } from '../database/transaction-runner.js';
import {
  type DeadLetter,
  type DeliveryOutcome,
  type NewMessage,
  type OutboxChannel,
  PRIORITIES,
} from './outbox-channel.js';
import type { OutboxMessage } from './outbox-message.entity.js';
import { type EnqueuedMessage, OutboxRepository } from './outbox.repository.js';

/**
 * Runs in the transaction that abandons a message, so that its effects are not lost. If it throws, for a reason other than
 * an unavailable database, the message is abandoned without any listener and an error is logged.
 */
export type DeadLetterListener = (tx: Transaction, letter: DeadLetter) => Promise<void>;

/**
 * Delivers messages to other systems. A message is written in the transaction that causes it and sent after the
 * commit, at least once, under a stable id. Modules register their channels during initialisation.
 */
@Injectable()
export class Outbox implements OnModuleInit {
  private readonly registered = new Map<string, OutboxChannel>();
  private readonly listeners: DeadLetterListener[] = [];
  private readonly enqueuedSubject = new Subject<string>();
  private readonly outcomesSubject = new Subject<DeliveryOutcome>();

  constructor(
    private readonly messages: OutboxRepository,
    private readonly encryption: FieldEncryption,
    private readonly clock: Clock,
    private readonly ids: UuidV7,
    private readonly dependants: SecretDependants,
  ) {}

  onModuleInit(): void {
    this.dependants.registerColumn({
      kind: 'outgoing-messages',
      table: 'outbox_messages',
      id: 'id',
      column: 'sealed',
      purpose: 'outbox-payload',
      contextOf: ({ id }) => id,
    });
  }

  /** All channels; complete once all modules are initialised. */
  get channels(): readonly OutboxChannel[] {
    return [...this.registered.values()];
  }

  /** Emits the name of a channel when this process has committed a message for it. */
  get enqueued(): Observable<string> {
    return this.enqueuedSubject;
  }

  /** Emits the outcome of each attempt by this process. */
  get outcomes(): Observable<DeliveryOutcome> {
    return this.outcomesSubject;
  }

  /** Adds a channel. Throws if the name is taken. */
  register(channel: OutboxChannel): void {
    if (this.registered.has(channel.name))
      throw new Error(`The outbox already has a channel ${channel.name}.`);
    this.registered.set(channel.name, channel);
  }

  /** Registers a listener that is called for each message that this process abandons. */
  onDeadLetter(listener: DeadLetterListener): void {
    this.listeners.push(listener);
  }

  /** Writes messages in the caller's transaction. They are sent after it commits. Throws for an unknown channel. */
  async enqueue(tx: Transaction, messages: readonly NewMessage[]): Promise<void> {
    if (messages.length === 0) return;
    await this.messages.insert(
      tx,
      messages.map((message) => this.row(message)),
    );
    const channels = new Set(messages.map(({ channel }) => channel));
    afterCommit(tx, () => channels.forEach((channel) => this.enqueuedSubject.next(channel)));
  }

  /** Removes every message with this subject, finished or not, in the caller's transaction. */
  async withdraw(tx: Transaction, subject: string): Promise<void> {
    await this.messages.deleteAbout(tx, subject);
  }

  /** Replaces the payload of the undelivered messages with this subject, for channels that do not encrypt. */
  async replace(tx: Transaction, subject: string, payload: unknown): Promise<void> {
    await this.messages.replaceAbout(tx, subject, payload);
  }

  /** Returns the payload to send. Throws if an encrypted payload cannot be decrypted. */
  payloadOf({ id, payload, sealed }: OutboxMessage): unknown {
    return sealed === null
      ? payload
      : JSON.parse(this.encryption.decrypt('outbox-payload', id, sealed).toString('utf8'));
  }

  /** Publishes the outcome of an attempt. */
  report(outcome: DeliveryOutcome): void {
    this.outcomesSubject.next(outcome);
  }

  /** Calls the listeners in the transaction that abandons the message. */
  async announceDead(tx: Transaction, letter: DeadLetter): Promise<void> {
    for (const listener of this.listeners) await listener(tx, letter);
  }

  private row({ channel: name, subject, payload, priority, id, isDelivered }: NewMessage): EnqueuedMessage {
    const channel = this.registered.get(name);
    if (!channel) throw new Error(`The outbox has no channel ${name}.`);
    const messageId = id ?? this.ids.next();
    const isOver = isDelivered === true;
    return {
      id: messageId,
      channel: name,
      subject,
      priority: PRIORITIES.indexOf(priority),
      payload: channel.sealed || isOver ? null : payload,
      sealed:
        channel.sealed && !isOver
          ? this.encryption.encrypt('outbox-payload', messageId, JSON.stringify(payload))
          : null,
      state: isOver ? 'delivered' : 'pending',
      attempts: 0,
      createdAt: this.clock.now(),
      lastError: null,
    };
  }
}
