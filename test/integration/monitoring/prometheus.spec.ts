import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { declaredRoutes } from '../../../src/platform/http/routes/route-walk.js';
import { hasPromtool, promtool } from '../../support/monitoring/promtool.js';
import { startApp } from '../../support/app/test-app.js';

const FILES = ['deploy/prometheus-rules.yaml', 'deploy/grafana-dashboard.json'];
const METRIC = /\b(?:portcullis|process|nodejs)_[a-z0-9_]+/g;

describe('The rules and the dashboard for Prometheus', () => {
  it.runIf(hasPromtool)('fire when they should, and not otherwise', () => {
    expect(promtool(['test', 'rules', 'deploy/prometheus-rules.test.yaml'])).toMatchObject({ status: 0 });
  });

  it('use counters that start at 0, so that the first increase is visible', async () => {
    const app = await startApp();
    const { body } = await app.call({ url: '/metrics' });
    await app.close();
    for (const channel of ['webhook', 'email', 'owner_email'])
      expect(body).toContain(`portcullis_alert_deliveries_total{channel="${channel}",outcome="dead"} 0\n`);
    const rules = readFileSync('deploy/prometheus-rules.yaml', 'utf8');
    const watched = [...rules.matchAll(/increase\((\w+)\{(\w+="\w+")\}/g)];
    expect(watched.length).toBe(4);
    for (const [, name, label] of watched)
      expect(body).toMatch(new RegExp(`^${name}\\{[^}]*${label}[^}]*\\} 0$`, 'm'));
  });

  it('measure the latency of all routes but those that are slow by design', async () => {
    const app = await startApp();
    const routes = declaredRoutes(app.app.get(DiscoveryService), app.app.get(MetadataScanner));
    await app.close();
    const slow = new Set(routes.filter(({ slow }) => slow !== undefined).map(({ path }) => path));
    const excluded = FILES.flatMap((file) => [
      ...readFileSync(file, 'utf8').matchAll(/route!~\\?"([^"\\]+)/g),
    ]);
    expect(excluded.length).toBe(3);
    for (const [, pattern] of excluded)
      expect(
        new Set(routes.map(({ path }) => path).filter((path) => new RegExp(`^(${pattern})$`).test(path))),
      ).toEqual(slow);
  });

  it('exclude other jobs from the dashboard', () => {
    const dashboard = readFileSync('deploy/grafana-dashboard.json', 'utf8');
    const expressions = [...dashboard.matchAll(/"expr": "(.*)"/g)].map(([, expression]) => expression!);
    expect(expressions.length).toBeGreaterThan(20);
    for (const expression of expressions) {
      const metrics = expression.match(METRIC)?.length;
      expect([expression, expression.match(/\{job=\\"portcullis\\"/g)?.length]).toEqual([
        expression,
        metrics,
      ]);
    }
  });

  it('use only metrics that the service exports', async () => {
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

  it('leave out no metric of the service', async () => {
    const app = await startApp();
    const { body } = await app.call({ url: '/metrics' });
    await app.close();
    const exported = [...body.matchAll(/^# TYPE (portcullis_\w+)/gm)].map(([, name]) => name!);
    const shown = new Set(
      FILES.flatMap((file) => readFileSync(file, 'utf8').match(METRIC) ?? []).map((name) =>
        name.replace(/_(bucket|count|sum)$/, ''),
      ),
    );
    expect(exported.length).toBeGreaterThan(20);
    expect(exported.filter((name) => !shown.has(name))).toEqual([]);
  });
});
