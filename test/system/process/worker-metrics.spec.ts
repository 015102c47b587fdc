import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type IncomingMessage, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasPromtool, promtool } from '../../support/monitoring/promtool.js';
import { childrenOf, type ServiceProcess, startService } from '../../support/servers/service-process.js';
import { eventually } from '../../support/time/eventually.js';

const TIMEOUT_MS = 180_000;
const REQUESTS = 40;
const COUNT =
  'portcullis_http_request_duration_seconds_count{method="GET",route="/rate-limits",status="200"}';

describe('/metrics of several workers', { timeout: TIMEOUT_MS }, () => {
  let service: ServiceProcess;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portcullis-workers-'));
    service = await startService({
      command: [process.execPath, 'scripts/start.cjs'],
      env: { DATA_DIR: folder, WEB_CONCURRENCY: '2' },
    });
    await service.ready;
    await Promise.all(Array.from({ length: REQUESTS }, () => ask('/rate-limits')));
  }, TIMEOUT_MS);
  afterAll(async () => {
    for (const pid of await childrenOf(service.child.pid!)) process.kill(pid, 'SIGCONT');
    service.child.kill('SIGTERM');
    await service.ended;
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  /** Uses a new connection each time, because the workers accept connections in turn. */
  async function ask(path: string, signal?: AbortSignal): Promise<string> {
    const request = get(service.url + path, { agent: false, ...(signal && { signal }) });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(200);
    return text(response);
  }
  const figure = (metrics: string, name: string) =>
    Number(
      metrics
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.slice(name.length),
    );

  it('covers all of them, regardless of which one responds', async () => {
    await eventually(async () => expect(figure(await ask('/metrics'), COUNT)).toBe(REQUESTS));
    const scrapes = await Promise.all(Array.from({ length: 8 }, () => ask('/metrics')));
    for (const scrape of scrapes) {
      expect(figure(scrape, COUNT)).toBe(REQUESTS);
      expect(figure(scrape, 'portcullis_processes')).toBe(2);
      expect(figure(scrape, 'portcullis_detection_leader')).toBe(1);
      expect(figure(scrape, 'portcullis_dependency_up{dependency="postgresql"}')).toBe(1);
      expect(scrape).toMatch(/^process_start_time_seconds \d/m);
      expect(scrape.match(/^portcullis_build_info\{.*\} 1$/gm)).toHaveLength(1);
    }
  });

  it.runIf(hasPromtool)('is accepted by promtool', async () => {
    expect(promtool(['check', 'metrics'], await ask('/metrics'))).toEqual({ status: 0, output: '' });
  });

  it('responds in time while a worker hangs, including its earlier counts', async () => {
    const [hanging] = await childrenOf(service.child.pid!);
    process.kill(hanging!, 'SIGSTOP');
    // The hanging worker can be assigned a connection before its supervisor detects that it accepts none.
    const scrape = await eventually(() => ask('/metrics', AbortSignal.timeout(2500)), { timeoutMs: 20_000 });
    expect(figure(scrape, COUNT)).toBe(REQUESTS);
    expect(figure(scrape, 'portcullis_processes')).toBe(1);
    process.kill(hanging!, 'SIGCONT');
    await eventually(async () => expect(figure(await ask('/metrics'), 'portcullis_processes')).toBe(2));
  });

  it('does not decrease when a worker dies, and continues with the next one', async () => {
    const start = figure(await ask('/metrics'), 'process_start_time_seconds');
    const [victim] = await childrenOf(service.child.pid!);
    process.kill(victim!, 'SIGKILL');
    await eventually(
      async () => {
        // A connection that is being handed to the worker when it dies gets no response.
        const scrape = await ask('/metrics', AbortSignal.timeout(5000));
        expect(figure(scrape, COUNT)).toBe(REQUESTS);
        expect(figure(scrape, 'portcullis_processes')).toBe(2);
        // The rules for Prometheus would take a later start for a restart, and all counts for new.
        expect(figure(scrape, 'process_start_time_seconds')).toBe(start);
        expect(await childrenOf(service.child.pid!)).not.toContain(victim);
      },
      { timeoutMs: 60_000 },
    );
    await ask('/rate-limits');
    await eventually(async () => expect(figure(await ask('/metrics'), COUNT)).toBe(REQUESTS + 1));
  });
});
