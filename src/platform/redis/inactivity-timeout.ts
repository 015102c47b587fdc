/** How often a waiting command checks whether the server has sent anything, milliseconds. */
const LOOK_MS = 25;

/** A command fails after this many consecutive checks without data: a tenth of a second. */
const SILENT_LOOKS = 4;

/** A command fails after this many checks even if the server sends data for other commands: 400 ms. */
const MOST_LOOKS = 16;

/**
 * Waits for replies as long as the server sends data. A burst of a thousand commands may take longer than a single command
 * is allowed to, and a stall of this process's event loop says nothing about the server. Giving up on a healthy server
 * would give every caller a second budget in this process. Therefore checks are counted rather than time: a late check
 * counts once, and always runs after the data that had arrived by then was read.
 */
export class InactivityTimeout {
  private arrivals = 0;

  /** Call this whenever bytes arrive. */
  readonly heard = (): void => {
    this.arrivals++;
  };

  /**
   * Returns the result of `work`. Rejects when the server has sent nothing for a tenth of a second. `work` can check whether
   * its result is still awaited before it sends more.
   */
  wait<T>(work: (isAwaited: () => boolean) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout;
      let arrivals = this.arrivals;
      let looks = 0;
      let silentLooks = 0;
      let isAwaited = true;
      const look = () => {
        looks++;
        silentLooks = this.arrivals === arrivals ? silentLooks + 1 : 0;
        arrivals = this.arrivals;
        isAwaited = silentLooks < SILENT_LOOKS && looks < MOST_LOOKS;
        if (isAwaited) lookLater();
        else reject(new Error('no answer in time'));
      };
      const lookLater = () => {
        // In a turn of the event loop, timers run before sockets and immediates after them.
        timer = setTimeout(() => setImmediate(look), LOOK_MS);
      };
      lookLater();
      work(() => isAwaited)
        .finally(() => clearTimeout(timer))
        .then(resolve, reject);
    });
  }
}
