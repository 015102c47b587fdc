import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hasPromtool, promtool } from '../../support/monitoring/promtool.js';
import { startApp } from '../../support/app/test-app.js';

const FILES = ['deploy/prometheus-rules.yaml', 'deploy/grafana-dashboard.json'];
const METRIC = /\b(?:portcullis|process|nodejs)_[a-z0-9_]+/g;

describe('The rules and the dashboard for Prometheus', () => {
  it.runIf(hasPromtool)('wake somebody for what they should, and for nothing else', () => {
    expect(promtool(['test', 'rules', 'deploy/prometheus-rules.test.yaml'])).toMatchObject({ status: 0 });
  });

  it('read no figure that the service does not have', async () => {
    const app = await startApp();
    const { body } = await app.call({ url: '/metrics' });
    await app.close();
    const known = new Set(body.match(/^# TYPE \S+/gm)?.map((line) => line.slice('# TYPE '.length)));
    const unknown = FILES.flatMap((file) => readFileSync(file, 'utf8').match(METRIC) ?? [])
      .map((name) => name.replace(/_(bucket|count|sum)$/, ''))
      .filter((name) => !known.has(name));
    expect(unknown).toEqual([]);
    expect(known.size).toBeGreaterThan(20);
  });
});
