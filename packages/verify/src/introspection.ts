import { AskingAllowance } from './asking-allowance.js';
import type { Claims } from './claims.js';
import { VerificationError } from './verification-error.js';

/** How long the service may take to answer, milliseconds. */
const TIMEOUT_MS = 2000;

/**
 * How old a question may be whose answer another request for the same token takes, milliseconds. What the service says of an
 * older one could be too late for the least staleness.
 */
const SHARED_MS = 500;

/** How long, and of how many tokens, a refusal is remembered. */
const REFUSED = { forMs: 1000, tokens: 1000 };

interface Question {
  readonly askedMs: number;
  readonly answer: Promise<Claims | null>;
}

/** Asks the service about tokens (RFC 7662): at most once at a time about each, and within its rate limit. */
export class Introspection {
  private readonly allowance = new AskingAllowance();
  private readonly questions = new Map<string, Question>();
  /** Until when tokens count as refused, in the order in which they were. */
  private readonly refused = new Map<string, number>();

  constructor(
    private readonly url: string,
    private readonly key: string,
  ) {}

  /**
   * Resolves with what the service says of an active token, and with null for one that is not. Rejects with
   * `verification_unavailable` where it does not answer, and while its limit leaves no room for questions.
   */
  async ask(token: string): Promise<Claims | null> {
    if (performance.now() < (this.refused.get(token) ?? 0)) return null;
    const asked = this.questions.get(token);
    if (asked && performance.now() - asked.askedMs <= SHARED_MS) return asked.answer;
    const question = { askedMs: performance.now(), answer: this.answerTo(token) };
    this.questions.set(token, question);
    try {
      return await question.answer;
    } finally {
      if (this.questions.get(token) === question) this.questions.delete(token);
    }
  }

  private async answerTo(token: string): Promise<Claims | null> {
    try {
      this.allowance.take();
      const response = await this.send(token);
      if (!response.ok) {
        await response.body?.cancel();
        throw new Error(`The introspection was answered with status ${response.status}.`);
      }
      const answer = (await response.json()) as { active?: unknown };
      if (typeof answer.active !== 'boolean') throw new Error('The introspection was not answered.');
      if (answer.active) return answer as unknown as Claims;
      this.remember(token);
      return null;
    } catch (cause) {
      throw new VerificationError('verification_unavailable', 'The service cannot be asked.', { cause });
    }
  }

  private async send(token: string): Promise<Response> {
    let response: Response | null = null;
    try {
      response = await fetch(this.url, {
        method: 'POST',
        headers: { authorization: `Bearer ${this.key}`, accept: 'application/json' },
        body: new URLSearchParams({ token }),
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      return response;
    } finally {
      this.allowance.give(response);
    }
  }

  private remember(token: string): void {
    this.refused.delete(token);
    this.refused.set(token, performance.now() + REFUSED.forMs);
    const [oldest] = this.refused.keys();
    if (this.refused.size > REFUSED.tokens) this.refused.delete(oldest!);
  }
}
