/** How often a waiting command looks whether the server shows life, milliseconds. */
const LOOK_MS = 25;

/** A command is given up after so many looks in a row that found silence: a tenth of a second. */
const SILENT_LOOKS = 4;

/** And after so many looks whatever else the server answers meanwhile: 400 ms. */
const MOST_LOOKS = 16;

/**
 * Waits for answers for as long as the server shows life. A burst of a thousand commands may take longer than one
 * command may, and a stall of our own event loop is not the server's silence; giving up on a healthy server would hand
 * every caller a second budget in this process. So time counts only while this process listens: a look that comes late
 * counts like any other, and always after what had arrived by then was read.
 */
export class InactivityTimeout {
  private arrivals = 0;

  /** To be told whenever bytes arrive. */
  readonly heard = (): void => {
    this.arrivals++;
  };

  /**
   * What `work` answers, or a rejection when the server has been silent for a tenth of a second. `work` can ask
   * whether its answer is still awaited before it sends more.
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
        // Timers come before sockets in a turn of the event loop, immediates after them.
        timer = setTimeout(() => setImmediate(look), LOOK_MS);
      };
      lookLater();
      work(() => isAwaited)
        .finally(() => clearTimeout(timer))
        .then(resolve, reject);
    });
  }
}
