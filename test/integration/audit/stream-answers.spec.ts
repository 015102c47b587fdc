import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditEvent } from '../../../src/audit/audit-entry.js';
import { OpenStreams } from '../../../src/audit/reading/open-streams.js';
import { StreamAnswers } from '../../../src/audit/reading/stream-answers.js';
import type { SessionPrincipal } from '../../../src/platform/access/principal.js';
import { UuidV7 } from '../../../src/platform/crypto/uuid.js';
import { PlatformErrors } from '../../../src/platform/errors/platform.errors.js';
import { eventually } from '../../support/time/eventually.js';
import { ORIGIN, startTrail, type Trail } from '../../support/audit/trail.js';

/** An export that never ends. */
async function* endless(): AsyncGenerator<string> {
  for (;;) {
    yield 'an entry\n';
    await delay(10);
  }
}

describe('A streamed response', () => {
  let trail: Trail;
  let reader: SessionPrincipal;
  let stream: Readable;

  beforeEach(async () => {
    trail = await startTrail();
    const ids = trail.module.get(UuidV7);
    reader = {
      kind: 'session',
      acr: 'aal1',
      userId: ids.next(),
      sessionId: ids.next(),
      roles: ['auditor'],
      tokenId: 'token',
      issuedAt: 0,
      expiresAt: Date.now() / 1000 + 900,
    };
    stream = Readable.from(endless());
  });
  afterEach(async () => {
    stream.destroy();
    await trail.stop();
  });
  const begin = (principal = reader) => trail.module.get(StreamAnswers).watch(principal, stream);

  it.each<[string, Pick<AuditEvent, 'type' | 'details'>]>([
    ['the logout', { type: 'session_logout', details: {} }],
    [
      'a change of roles',
      { type: 'privilege_permissions_changed', details: { granted: [], revoked: ['auditor'] } },
    ],
    ['the disabling of the account', { type: 'user_disabled', details: {} }],
  ])('ends within a second of %s, whether it is read or not', async (_, event) => {
    await begin();
    await delay(700);
    expect(stream.destroyed).toBe(false);
    const { userId, sessionId } = reader;
    await trail.audit.recordAlone({
      outcome: 'success',
      origin: ORIGIN,
      userId,
      sessionId,
      ...event,
    } as AuditEvent);
    await eventually(async () => expect(stream.destroyed).toBe(true), { timeoutMs: 1000 });
  });

  it('ends with the access token', async () => {
    await begin({ ...reader, expiresAt: Date.now() / 1000 + 0.1 });
    await eventually(async () => expect(stream.destroyed).toBe(true), { timeoutMs: 1000 });
  });

  it('limits the number of streams, in total and per reader, until one is closed', async () => {
    const open = new OpenStreams({ ofAll: 3, ofOne: 2, retryAfterSeconds: 10 });
    const overloaded = expect.objectContaining({ row: PlatformErrors.overloaded });
    const streams = Array.from({ length: 4 }, () => Readable.from(endless()));
    const refusalOf = (userId: string) => {
      try {
        open.assertRoom(userId);
        return null;
      } catch (error) {
        return error;
      }
    };
    open.add(streams[0]!, 'one');
    open.add(streams[1]!, 'one');
    expect([refusalOf('one'), refusalOf('two')]).toEqual([overloaded, null]);
    open.add(streams[2]!, 'two');
    expect(refusalOf('two')).toEqual(overloaded);
    streams[0]!.destroy();
    await eventually(async () => expect(refusalOf('one')).toBeNull(), { timeoutMs: 1000 });
    for (const other of streams) other.destroy();
  });
});
