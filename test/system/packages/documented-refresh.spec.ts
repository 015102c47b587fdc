import { beforeEach, describe, expect, it, vi } from 'vitest';
import { documentedProgram } from '../../support/browser/documented-program.js';
import { failure } from '../../support/packages/observed-clients.js';
import { asTimePasses } from '../../support/time/as-time-passes.js';

interface Program {
  readonly call: (path: string) => Promise<Response>;
}

/** The program, in a page in which somebody is signed in and whose access token has expired. */
async function loaded(): Promise<Program> {
  const source = await documentedProgram(1, {});
  return import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(source)}`) as Promise<Program>;
}

describe('the page of docs/integration.md, where no refresh is answered', () => {
  const refreshesMs: number[] = [];
  let refreshed: (signal: AbortSignal) => Promise<Response>;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    refreshesMs.length = 0;
    const startMs = performance.now();
    vi.stubGlobal('localStorage', { getItem: () => 'session stamp' });
    vi.stubGlobal('navigator', {
      locks: { request: (_name: string, _options: object, action: () => Promise<unknown>) => action() },
    });
    vi.stubGlobal('addEventListener', () => undefined);
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      const timeout = new AbortController();
      setTimeout(() => timeout.abort(new DOMException('It is too late.', 'TimeoutError')), ms);
      return timeout.signal;
    });
    vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
      if (!url.endsWith('/auth/refresh'))
        return Promise.resolve(Response.json({ code: 'invalid_token' }, { status: 401 }));
      refreshesMs.push(performance.now() - startMs);
      return refreshed(init.signal!);
    });
    return () => {
      vi.useRealTimers();
      vi.unstubAllGlobals();
      vi.restoreAllMocks();
    };
  });

  it('repeats it for nine seconds where the connection is lost', async () => {
    const { call } = await loaded();
    refreshed = () => Promise.reject(new TypeError('fetch failed'));
    expect(await asTimePasses(failure(call('/users/me')))).toMatchObject({ message: 'fetch failed' });
    expect(refreshesMs).toEqual([0, 500, 1500, 3500, 7500, 9000]);
  });

  it('sends none after nine seconds where the answers do not come', async () => {
    const { call } = await loaded();
    refreshed = (signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    expect(await asTimePasses(failure(call('/users/me')))).toMatchObject({ name: 'TimeoutError' });
    expect(refreshesMs).toEqual([0, 5500]);
  });

  it('resolves with the response of a limit that lasts for longer', async () => {
    const { call } = await loaded();
    refreshed = () => Promise.resolve(new Response(null, { status: 429, headers: { 'retry-after': '20' } }));
    expect(await asTimePasses(call('/users/me'))).toMatchObject({ status: 429 });
    expect(refreshesMs).toEqual([0, 9000]);
  });
});
