const WIDTH = 30;
const EVERY_MS = 100;

/** How far a long run has come, on one line of a terminal; nothing at all where there is no terminal. */
export class ProgressBar {
  /** What there is to do; an estimate is good enough. */
  total = 0;
  private shownMs = 0;

  constructor(private readonly stream: NodeJS.WriteStream) {}

  show(done: number): void {
    const nowMs = performance.now();
    if (!this.stream.isTTY || nowMs - this.shownMs < EVERY_MS) return;
    this.shownMs = nowMs;
    const share = this.total === 0 ? 1 : Math.min(1, done / this.total);
    const bar = '#'.repeat(Math.round(share * WIDTH)).padEnd(WIDTH, '.');
    this.stream.write(`\r[${bar}] ${Math.floor(share * 100)} % of ${this.total} entries`);
  }

  /** Leaves an empty line behind. */
  clear(): void {
    if (this.stream.isTTY) this.stream.write('\r\u001b[K');
  }
}
