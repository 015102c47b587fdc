import type { RedisConnection } from './redis-connection.js';

interface Waiting<Question, Answer> {
  readonly question: Question;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Batches the questions of one turn of the event loop into one command, because under load one command per request is most
 * of the cost of Redis on both sides. A single request is never delayed. `askAll` returns the answers in the order of
 * its questions, at most `most` at a time; if it rejects, so does each of them.
 */
export class TurnBatch<Question, Answer> {
  private waiting: Waiting<Question, Answer>[] = [];

  constructor(
    private readonly redis: RedisConnection,
    private readonly askAll: (questions: readonly Question[]) => Promise<readonly Answer[]>,
    private readonly most: number,
  ) {}

  ask(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.waiting.push({ question, resolve, reject }) === 1) this.redis.atEndOfTurn(() => this.flush());
    });
  }

  private flush(): void {
    const waiting = this.waiting;
    this.waiting = [];
    for (let start = 0; start < waiting.length; start += this.most) {
      void this.settle(waiting.slice(start, start + this.most));
    }
  }

  private async settle(batch: readonly Waiting<Question, Answer>[]): Promise<void> {
    try {
      const answers = await this.askAll(batch.map(({ question }) => question));
      for (const [index, { resolve }] of batch.entries()) resolve(answers[index]!);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
