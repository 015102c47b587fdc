const WIDTH = 30;
const EVERY_MS = 100;

/** How far a long run has come, on one line of a terminal; nothing at all where there is no terminal. */
export class ProgressBar {
  private total = 0;
  private shownMs = 0;

  constructor(private readonly stream: NodeJS.WriteStream) {}

  /**
   * Learns how much there is to do, where there is somebody to see it. That it cannot be counted is no reason not to
   * verify: the sum over all seals of a large trail may take longer than a statement is given.
   */
  async learnTotal(count: () => Promise<number>): Promise<void> {
    if (this.stream.isTTY) this.total = await count().catch(() => 0);
  }

  show(done: number): void {
    const nowMs = performance.now();
    if (!this.stream.isTTY || nowMs - this.shownMs < EVERY_MS) return;
    this.shownMs = nowMs;
    if (this.total === 0) return void this.stream.write(`\r${done} entries`);
    const share = Math.min(1, done / this.total);
    const bar = '#'.repeat(Math.round(share * WIDTH)).padEnd(WIDTH, '.');
    this.stream.write(`\r[${bar}] ${Math.floor(share * 100)} % of ${this.total} entries`);
  }

  /** Leaves an empty line behind. */
  clear(): void {
    if (this.stream.isTTY) this.stream.write('\r\u001b[K');
  }
}
