import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePort } from '../network/free-port.js';
import { buildPackages } from '../packages/built.js';
import { npmCi } from '../packages/npm-ci.js';
import { eventually } from '../time/eventually.js';

/** A started example. */
export interface RunningExample {
  readonly url: string;
  stop(): Promise<void>;
}

/** An example in a folder of its own, installed by `npm ci` as its readers do it. */
export class InstalledExample {
  private constructor(
    private readonly root: string,
    private readonly folder: string,
  ) {}

  static async install(name: string): Promise<InstalledExample> {
    await buildPackages();
    const root = await mkdtemp(join(tmpdir(), 'portcullis-example-'));
    const folder = join(root, 'examples', name);
    await mkdir(join(root, 'examples'));
    await cp(join('examples', name), folder, {
      recursive: true,
      filter: (path) => !path.includes('node_modules'),
    });
    // Its lock file names the packages by their place in the checkout.
    await symlink(resolve('packages'), join(root, 'packages'));
    await npmCi(folder);
    return new InstalledExample(root, folder);
  }

  /** Starts it by `npm start` on a free port; resolves once it answers. */
  async start(env: Readonly<Record<string, string>>): Promise<RunningExample> {
    const port = await freePort();
    const url = `http://localhost:${port}`;
    const { HOME, PATH } = process.env;
    const child: ChildProcess = spawn('npm', ['start'], {
      cwd: this.folder,
      env: { HOME, PATH, PORT: String(port), ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
      // npm and what it starts are ended together.
      detached: true,
    });
    let stderr = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    await eventually(
      async () => {
        if (child.exitCode !== null) throw new Error(stderr);
        await fetch(url);
      },
      { timeoutMs: 20_000, intervalMs: 100 },
    );
    return {
      url,
      stop: async () => {
        const ended = once(child, 'close');
        process.kill(-child.pid!, 'SIGTERM');
        await ended;
      },
    };
  }

  async remove(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}
