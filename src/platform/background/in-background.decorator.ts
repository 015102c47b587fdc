import { SetMetadata } from '@nestjs/common';
import type { TaskPauses } from '../clock/repeating-task.js';

/** Metadata key read by `BackgroundTasks`. */
export const IN_BACKGROUND = 'portcullis:in-background';

/** How a method is run in the background. */
export interface Background extends TaskPauses {
  /** Whether the first run is at the start of the process, instead of after a pause of a minute at most. */
  readonly startsAtOnce?: true;
  /** Whether it runs only while this instance is the leader. */
  readonly onLeader?: true;
  /** Whether it runs once more when the process ends, for work that has arrived since. */
  readonly runsAtEnd?: true;
}

/**
 * Runs this method of a provider as long as the process lives, one run at a time, as a `RepeatingTask`: the next run
 * starts at once if the method returns `true` (there is more), otherwise after a pause.
 */
export function InBackground(background: Background) {
  const decorate = SetMetadata(IN_BACKGROUND, background);
  return <More extends boolean | void>(
    prototype: object,
    name: string,
    method: TypedPropertyDescriptor<() => Promise<More>>,
  ): void => {
    decorate(prototype, name, method);
  };
}
