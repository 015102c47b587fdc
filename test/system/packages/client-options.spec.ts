import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type ClientOptions, createClient, type Transport } from '../../../packages/client/src/index.js';
import { bundled } from '../../support/packages/bundled.js';
import { ScriptedService, session } from '../../support/packages/scripted-service.js';

const run = promisify(execFile);

describe('The options of a client', () => {
  it.each([
    [{ transport: 'body' }, 'baseUrl is no http(s) URL.'],
    [{ baseUrl: 'localhost:3000', transport: 'body' }, 'baseUrl is no http(s) URL.'],
    [{ baseUrl: 'http://localhost:3000' }, "transport is neither 'cookie' nor 'body'."],
    [{ baseUrl: '', transport: 'cookies' }, "transport is neither 'cookie' nor 'body'."],
  ])('are named where they are invalid: %j', (options, message) => {
    const create = () => createClient(options as unknown as ClientOptions<Transport>);
    expect(create).toThrow(new TypeError(message));
  });

  it.each(['', '/auth', 'http://localhost:3000', 'HTTPS://auth.example.com/'])(
    'take the URL %j',
    (baseUrl) => {
      expect(() => createClient({ baseUrl, transport: 'cookie' })).not.toThrow();
    },
  );

  it('keep no token in the cookie transport, also where an answer has one', async () => {
    const { answers, fetch, sent } = new ScriptedService();
    const client = createClient({ baseUrl: 'http://localhost', transport: 'cookie', fetch });
    answers.set('POST /auth/login', () => session('alice'));
    await client.login({ email: 'alice@example.com', password: 'of alice' });
    await client.me();
    expect(sent).toEqual(['POST /auth/login, null', 'GET /users/me, null']);
  });

  /** What two requests of a client with cookies end with, in a process that has been prepared by this code. */
  const failuresAfter = async (prepare: string, second: 'me' | 'refresh'): Promise<string[]> => {
    const program = await bundled(`
      import { createClient } from '@portcullis/client';
      ${prepare}
      globalThis.fetch = () => Promise.reject(new TypeError('It was sent.'));
      const client = createClient({ baseUrl: 'http://localhost:1', transport: 'cookie' });
      const requests = [client.login({ email: '', password: '' }), client.${second}()];
      console.log((await Promise.allSettled(requests)).map(({ reason }) => reason.message).join('|'));`);
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program]);
    return stdout.trim().split('|');
  };

  it('need a fetch with cookies in Node.js, once a request is sent', async () => {
    const failure = "transport 'cookie' needs a browser, or fetch with cookies.";
    expect(await failuresAfter('', 'refresh')).toEqual([failure, failure]);
  });

  it('need none in a worker of a page', async () => {
    const worker = `globalThis.location = { origin: 'http://localhost' };`;
    expect(await failuresAfter(worker, 'me')).toEqual(['It was sent.', 'It was sent.']);
  });

  it('make a client also in a page whose browser denies it storage and channels', async () => {
    const page = `
      const deny = () => {
        throw new DOMException('The operation is insecure.', 'SecurityError');
      };
      globalThis.location = { origin: 'http://localhost' };
      globalThis.document = {};
      Object.defineProperty(globalThis, 'localStorage', { get: deny });
      globalThis.BroadcastChannel = class {
        constructor() {
          deny();
        }
      };`;
    expect(await failuresAfter(page, 'me')).toEqual(['It was sent.', 'It was sent.']);
  });
});
