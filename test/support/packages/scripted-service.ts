/** What a login, a refresh or a step-up answers; the access token has the name of the session. */
export const session = (id: string, { user = id, expiresIn = 900 } = {}) =>
  Response.json({ user: { id: user }, session: { id }, accessToken: id, refreshToken: id, expiresIn });

/** A service that answers every request with 204, or as the test says. */
export class ScriptedService {
  /** What is answered to the next request of a route. */
  readonly answers = new Map<string, () => Response | Promise<Response>>();
  /** Route and token of every request. */
  readonly sent: string[] = [];

  readonly reset = (): void => {
    this.answers.clear();
    this.sent.length = 0;
  };

  readonly fetch = async (...words: Parameters<typeof globalThis.fetch>): Promise<Response> => {
    const request = new Request(...words);
    const route = `${request.method} ${new URL(request.url).pathname}`;
    this.sent.push(`${route}, ${request.headers.get('authorization')}`);
    const answer = this.answers.get(route);
    this.answers.delete(route);
    return (await answer?.()) ?? new Response(null, { status: 204 });
  };
}
