import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Transaction } from '../../../src/platform/database/transaction-runner.js';
import { internalOrigin } from '../../../src/platform/http/origin.js';
import { KeyRevocation } from '../../../src/machines/keys/key-revocation.js';
import { SessionRevocation } from '../../../src/sessions/revocation/session-revocation.js';
import { UsersRepository } from '../../../src/users/users.repository.js';
import type { Tokens } from '../../support/app/accounts.js';
import { createKey } from '../../support/app/api-keys.js';
import { asSuperuser } from '../../support/app/as-superuser.js';
import { createPerson } from '../../support/app/people.js';
import { ServiceAccountsOf } from '../../support/app/service-accounts.js';
import { startApp, startBeside, type TestApp, type TestRequest } from '../../support/app/test-app.js';
import { RACE_ROUNDS } from '../../support/races/race-rounds.js';
import { whileOpen } from '../../support/races/while-open.js';

const ORIGIN = internalOrigin('test');

// A right can be lost between the guard, which has let a request pass, and its transaction (CWE-367).
describe(
  'an administrator who loses their rights while their request waits for a lock',
  { timeout: 60_000 },
  () => {
    let app: TestApp;
    let other: TestApp;
    beforeAll(async () => {
      app = await startApp();
      other = await startBeside(app);
    });
    afterAll(async () => {
      await other.close();
      await app.close();
    });

    let person: Tokens;
    let administrator: Tokens;
    beforeEach(async () => {
      person = await createPerson(app);
      administrator = await createPerson(app, { roles: ['admin'] });
    });

    const users = () => app.app.get(UsersRepository, { strict: false });
    /** Makes a change of others that holds every lock for which a request of the administrator can wait. */
    const blocking = (change: (tx: Transaction) => Promise<unknown>) => async (tx: Transaction) => {
      await users().lockRoles(tx);
      for (const id of [person.user.id, administrator.user.id].toSorted()) await users().lock(tx, id);
      await change(tx);
    };
    const endSessions = (tx: Transaction) =>
      app.app
        .get(SessionRevocation, { strict: false })
        .endAllOfUser(tx, administrator.user.id, 'password_reset', ORIGIN);
    const answered = async (change: (tx: Transaction) => Promise<unknown>, request: TestRequest) => {
      const answer = await whileOpen(app, blocking(change), () => app.call(request));
      return answer.statusCode < 400 ? answer.statusCode : answer.json<{ code: string }>().code;
    };

    it.each<[string, (id: string) => Omit<TestRequest, 'token'>]>([
      [
        'changes no account',
        (id) => ({ method: 'PATCH', url: `/admin/users/${id}`, body: { disabled: true } }),
      ],
      ['deletes no account', (id) => ({ method: 'DELETE', url: `/admin/users/${id}` })],
      ['unlocks no account', (id) => ({ method: 'POST', url: `/admin/users/${id}/unlock` })],
      ['mails no link to a password', (id) => ({ method: 'POST', url: `/admin/users/${id}/password-reset` })],
      ['ends no sessions', (id) => ({ method: 'DELETE', url: `/admin/users/${id}/sessions` })],
      ['removes no factors', (id) => ({ method: 'DELETE', url: `/admin/users/${id}/factors` })],
      [
        'invites nobody',
        () => ({ url: '/admin/users', body: { email: 'invited@example.com', roles: ['admin'] } }),
      ],
      ['repeats no invitation', (id) => ({ method: 'POST', url: `/admin/users/${id}/invitation` })],
      [
        'creates no service account',
        () => ({ url: '/admin/service-accounts', body: { name: 'Reports', scopes: ['audit:read'] } }),
      ],
    ])('%s', async (_what, request) => {
      const token = administrator.accessToken;
      expect(await answered(endSessions, { ...request(person.user.id), token })).toBe('session_ended');
    });

    it('changes nothing without the second factor that the role needs', async () => {
      const strict = await startBeside(app, { variables: { MFA_REQUIRED_ROLES: 'admin' } });
      onTestFinished(() => strict.close());
      const setLevel = (acr: string) =>
        ['UPDATE sessions SET acr = $2 WHERE user_id = $1', [administrator.user.id, acr]] as const;
      await asSuperuser(app.database, ...setLevel('aal2'));
      const request = { url: `/admin/users/${person.user.id}`, token: administrator.accessToken };
      expect((await strict.call(request)).statusCode).toBe(200);
      const removeFactor = blocking((tx) => tx.query(...setLevel('aal1')));
      const disable = { ...request, method: 'PATCH', body: { disabled: true } } as const;
      const answer = await whileOpen(strict, removeFactor, () => strict.call(disable));
      expect(answer.json()).toMatchObject({ code: 'forbidden' });
    });

    it('makes no key of a service account', async () => {
      const { id } = await (await ServiceAccountsOf.of(app)).create('audit:read');
      const url = `/admin/service-accounts/${id}/api-keys`;
      const body = { name: 'CI', scopes: ['audit:read'] };
      const token = administrator.accessToken;
      expect(await answered(endSessions, { url, body, token })).toBe('session_ended');
    });

    describe('and who uses an API key', () => {
      const unlock = () => ({ method: 'POST' as const, url: `/admin/users/${person.user.id}/unlock` });
      const ownKey = () => createKey(app, administrator, { scopes: ['users:write'] });
      const revokeKeys = (owner: { kind: 'user' | 'service-account'; id: string }) => (tx: Transaction) =>
        app.app.get(KeyRevocation, { strict: false }).end(tx, owner, {}, 'leaked', ORIGIN);

      it('changes nothing once their account is disabled', async () => {
        const { key: token } = await ownKey();
        const disable = (tx: Transaction) =>
          users().update(tx, administrator.user.id, { disabledAt: new Date() });
        expect(await answered(disable, { ...unlock(), token })).toBe('invalid_token');
      });

      it('changes nothing once they are no administrator', async () => {
        const { key: token } = await ownKey();
        const demote = (tx: Transaction) => users().update(tx, administrator.user.id, { roles: ['user'] });
        expect(await answered(demote, { ...unlock(), token })).toBe('forbidden');
      });

      it('changes nothing once the key is revoked', async () => {
        const { key: token } = await ownKey();
        const revoke = revokeKeys({ kind: 'user', id: administrator.user.id });
        expect(await answered(revoke, { ...unlock(), token })).toBe('invalid_token');
      });

      it('changes nothing once the key of a service account is revoked', async () => {
        const { id, key: token } = await (await ServiceAccountsOf.of(app)).create('users:write');
        const revoke = revokeKeys({ kind: 'service-account', id });
        expect(await answered(revoke, { ...unlock(), token })).toBe('invalid_token');
      });

      it('changes what they asked for if nothing was lost', async () => {
        const { key: token } = await ownKey();
        expect(await answered(() => Promise.resolve(), { ...unlock(), token })).toBe(204);
      });
    });

    it('is one of two who disable each other at once: the other one remains enabled', async () => {
      for (let round = 0; round < RACE_ROUNDS; round += 1) {
        const pair = [
          await createPerson(app, { roles: ['admin'] }),
          await createPerson(app, { roles: ['admin'] }),
        ] as const;
        const disable = ({ call }: TestApp, by: Tokens, whom: Tokens) =>
          call({
            method: 'PATCH',
            url: `/admin/users/${whom.user.id}`,
            token: by.accessToken,
            body: { disabled: true },
          });
        const answers = await Promise.all([disable(app, pair[0], pair[1]), disable(other, pair[1], pair[0])]);
        const outcomes = answers.map(({ statusCode, json }) =>
          statusCode === 200 ? '200' : json<{ code: string }>().code,
        );
        expect(outcomes.toSorted()).toEqual(['200', 'session_ended']);
      }
    });
  },
);
