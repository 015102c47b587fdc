const WIDTH = 30;
const EVERY_MS = 100;

/** Shows the progress of a long run in one line of a terminal. Shows nothing without a terminal. */
export class ProgressBar {
  private total = 0;
  private shownMs = 0;

  /** `unit` names what is counted, in the plural. */
  constructor(
    private readonly stream: NodeJS.WriteStream,
    private readonly unit = 'entries',
  ) {}

  /**
   * Determines the total, if there is a terminal. If counting fails, verification continues anyway: for a large
   * trail, the sum over all seals may exceed the statement timeout.
   */
  async learnTotal(count: () => Promise<number>): Promise<void> {
    if (this.stream.isTTY) this.total = await count().catch(() => 0);
  }

  show(done: number): void {
    const nowMs = performance.now();
    if (!this.stream.isTTY || nowMs - this.shownMs < EVERY_MS) return;
    this.shownMs = nowMs;
    if (this.total === 0) return void this.stream.write(`\r${done} ${this.unit}`);
    const share = Math.min(1, done / this.total);
    const bar = '#'.repeat(Math.round(share * WIDTH)).padEnd(WIDTH, '.');
    this.stream.write(`\r[${bar}] ${Math.floor(share * 100)} % of ${this.total} ${this.unit}`);
  }

  /** Clears the line. */
  clear(): void {
    if (this.stream.isTTY) this.stream.write('\r\u001b[K');
  }
}
