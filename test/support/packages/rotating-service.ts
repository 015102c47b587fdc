import { problem } from './observed-clients.js';

/** For so long after a rotation, the service gives the same token again, milliseconds. */
const WINDOW_MS = 10_000;

/** What a client sends to a `RotatingService`. */
export interface SentRequest {
  readonly route: string;
  readonly atMs: number;
}

/**
 * A service with one session in the body transport. It rotates as Portcullis does: for ten seconds, the previous token gets
 * the answer of the rotation again; after them, its use ends the session. It reads the clock of `performance`, which tests fake.
 */
export class RotatingService {
  readonly sent: SentRequest[] = [];
  /** What becomes of the answer to a refresh, by how many were sent before it. */
  passage: (answer: Response, n: number) => Response = (answer) => answer;
  private generation = 0;
  private accepted = 0;
  private rotatedMs = -Infinity;

  /** When refreshes were sent, milliseconds after the first. */
  get refreshesMs(): number[] {
    const times = this.sent.filter(({ route }) => route === 'POST /auth/refresh').map(({ atMs }) => atMs);
    return times.map((atMs) => atMs - times[0]!);
  }

  /** Ends the validity of the access token. */
  expire(): void {
    this.accepted = this.generation + 1;
  }

  readonly fetch = async (...words: Parameters<typeof globalThis.fetch>): Promise<Response> => {
    const request = new Request(...words);
    const route = `${request.method} ${new URL(request.url).pathname}`;
    const n = this.refreshesMs.length;
    this.sent.push({ route, atMs: performance.now() });
    const body = await request.text();
    if (route === 'POST /auth/login') return this.tokens();
    if (route === 'POST /auth/refresh') return this.passage(this.refreshed(body), n);
    return Number(request.headers.get('authorization')?.slice('Bearer '.length)) < this.accepted
      ? problem(401, 'invalid_token')
      : Response.json({ displayName: 'Ada' });
  };

  private refreshed(body: string): Response {
    const { refreshToken } = JSON.parse(body) as { refreshToken: string };
    const age = this.generation - Number(refreshToken);
    const isInWindow = performance.now() - this.rotatedMs <= WINDOW_MS;
    if (age > (isInWindow ? 1 : 0)) return problem(401, 'refresh_token_reused');
    if (!isInWindow) {
      this.generation += 1;
      this.rotatedMs = performance.now();
    }
    return this.tokens();
  }

  private tokens(): Response {
    const token = String(this.generation);
    return Response.json({
      user: { id: 'Ada' },
      session: { id: 'of Ada' },
      accessToken: token,
      refreshToken: token,
      expiresIn: 900,
    });
  }
}
