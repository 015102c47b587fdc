import { onTestFinished } from 'vitest';
import type { TestApp } from '../app/test-app.js';

/** An item of the list of revocations. */
export interface Revocation {
  readonly cursor: string;
  readonly sessionId: string | null;
  readonly subject: string;
  readonly keyId: string | null;
  readonly reason: string;
  readonly revokedAt: string;
  readonly expiresAt: string;
}

/** A page of the list. */
export interface Revocations {
  readonly items: Revocation[];
  readonly cursor: string;
}

/** Reads the list once. */
export async function revocationsAfter(
  { call }: TestApp,
  token: string,
  after?: string,
): Promise<Revocations> {
  const answer = await call({ url: `/revocations${after === undefined ? '' : `?after=${after}`}`, token });
  if (answer.statusCode !== 200)
    throw new Error(`the list was answered ${answer.statusCode}: ${answer.body}`);
  return answer.json<Revocations>();
}

/** A response that stays open. */
export interface Followed {
  /** What was received so far. */
  readonly items: Revocation[];
  /** When each line was received, empty ones included, milliseconds of `performance.now()`. */
  readonly lines: number[];
  /** Resolves when the response ends, however. */
  readonly ended: Promise<void>;
}

/** Follows the list of an instance that listens, until the test is finished. */
export async function follow({ url }: TestApp, token: string, after?: string): Promise<Followed> {
  const response = await fetch(`${url}/revocations${after === undefined ? '' : `?after=${after}`}`, {
    headers: { authorization: `Bearer ${token}`, accept: 'application/x-ndjson' },
  });
  if (response.status !== 200) throw new Error(`the stream was answered ${response.status}`);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  onTestFinished(() => reader.cancel().catch(() => undefined));
  const items: Revocation[] = [];
  const lines: number[] = [];
  const read = async () => {
    let rest = '';
    for (;;) {
      // A response that is cut off has ended, too.
      const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }));
      if (done) return;
      const parts = (rest + value).split('\n');
      rest = parts.pop()!;
      for (const line of parts) {
        lines.push(performance.now());
        if (line !== '') items.push(JSON.parse(line) as Revocation);
      }
    }
  };
  return { items, lines, ended: read() };
}
