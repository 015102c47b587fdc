/** How many requests may be under way before the first answer tells the limit. */
const FIRST = 50;

/** Which part of the limit is left to the requests that follow the revocations. */
const RESERVED = 0.25;

/** The longest pause, milliseconds: the window of the service's limits, by default. */
const MAX_PAUSE_MS = 60_000;

/** `RateLimit` and an item of `RateLimit-Policy`, as the service writes them. */
const LEFT = /^"([a-z0-9-]+)";r=(\d+);t=(\d+)$/;
const quotaOf = (name: string, policies: string) =>
  Number(new RegExp(`"${name}";q=(\\d+)`).exec(policies)?.[1] ?? 0);

/**
 * Bounds the requests that ask about tokens by what the service says of its limits, so that a quarter is left to follow the
 * revocations with the same key: whoever sends made-up keys decides how often the service would be asked.
 */
export class AskingAllowance {
  /** How many requests may be sent until an answer says more. */
  private left = FIRST;
  private underWay = 0;
  private pausedUntilMs = 0;
  private pausedWhy: Error | null = null;

  /** Takes one request, which `give` must follow. Throws an `Error` that says why where there is none. */
  take(): void {
    if (this.pausedWhy !== null && performance.now() < this.pausedUntilMs) throw this.pausedWhy;
    this.pausedWhy = null;
    // Once nothing is under way that could say more, one request finds out.
    if (this.left < 1 && this.underWay > 0)
      throw new Error('Too many tokens are being asked about at the moment.');
    this.left = Math.max(0, this.left - 1);
    this.underWay += 1;
  }

  /** Notes how a request was answered; null if it was not. */
  give(response: Response | null): void {
    this.underWay -= 1;
    if (response === null) return;
    const { status, headers } = response;
    const [, name = '', remaining, seconds] = LEFT.exec(headers.get('ratelimit') ?? '') ?? [];
    // If the service is not available, it may not know the key, so the limit in its answer is not that of the key.
    if (status === 429 || status === 503) {
      this.pause(headers.get('retry-after'), `The introspection was answered with status ${status}.`);
    } else if (remaining === undefined) {
      if (response.ok) this.left = Infinity;
    } else {
      const reserved = Math.ceil(quotaOf(name, headers.get('ratelimit-policy') ?? '') * RESERVED);
      this.left = Math.max(0, Number(remaining) - reserved - this.underWay);
      if (Number(remaining) <= reserved)
        this.pause(
          seconds,
          `The rate limit of the API key is used up, except for the ${reserved} requests that are reserved for following the revocations.`,
        );
    }
  }

  private pause(seconds: string | null | undefined, why: string): void {
    this.left = 0;
    this.pausedWhy = new Error(why);
    this.pausedUntilMs = performance.now() + Math.min(MAX_PAUSE_MS, Math.max(1, Number(seconds) || 0) * 1000);
  }
}
