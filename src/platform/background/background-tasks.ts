import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { RepeatingTask } from '../clock/repeating-task.js';
import { Leadership } from '../leader/leadership.js';
import { type Background, IN_BACKGROUND } from './in-background.decorator.js';

type Run = () => Promise<boolean | void>;
type Methods = Record<string, Run>;

/**
 * Starts every method with `@InBackground()` when the process has started, and stops them all before anything is closed
 * that they use. It is therefore a provider of the root module, whose hooks are the last ones at the start and the
 * first ones at the end.
 */
@Injectable()
export class BackgroundTasks implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly running: { readonly task: RepeatingTask; readonly runsAtEnd: boolean }[] = [];

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly leadership: Leadership,
  ) {}

  onApplicationBootstrap(): void {
    const instances = new Set(this.discovery.getProviders().map(({ instance }) => instance as unknown));
    for (const instance of instances)
      if (typeof instance === 'object' && instance !== null) this.startOf(instance);
  }

  /** Waits for the runs that are under way. */
  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.running.map(({ task, runsAtEnd }) => (runsAtEnd ? task.finish() : task.stop())));
  }

  private startOf(instance: object): void {
    const prototype = Object.getPrototypeOf(instance) as Methods;
    for (const name of this.scanner.getAllMethodNames(prototype)) {
      const background = Reflect.getMetadata(IN_BACKGROUND, prototype[name]!) as Background | undefined;
      const run = () => (instance as Methods)[name]!();
      if (background) this.start(instance.constructor.name, run, background);
    }
  }

  private start(name: string, run: Run, background: Background): void {
    const { startsAtOnce, onLeader, runsAtEnd = false, ...pauses } = background;
    const work = onLeader ? async () => this.leadership.isLeader && run() : run;
    const task = new RepeatingTask(name, work, pauses);
    if (startsAtOnce) task.start();
    else task.startWithPause();
    this.running.push({ task, runsAtEnd });
  }
}
