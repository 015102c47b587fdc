import 'reflect-metadata';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { GateController } from '../../src/gateway/gate.controller.js';
import { IDENTITY_HEADERS } from '../../src/gateway/identity-headers.js';
import type { CookieName } from '../../src/sessions/tokens/token-cookies.js';

// No test starts Traefik or Envoy, so a name that changes here would change in their files unnoticed.
const PORTCULLIS = 'http://127.0.0.1:3000';
const APPLICATION = 'http://127.0.0.1:9000';
const ROUTE = `/${Reflect.getMetadata(PATH_METADATA, GateController) as string}/app`;
const COOKIES: Readonly<Record<CookieName, true>> = { access_token: true, refresh_token: true, device: true };
/** What a client could say about itself or its request, beside its identity. */
const CLAIMED = [
  'x-portcullis-proxy',
  'x-portcullis-status',
  'x-portcullis-problem',
  'x-forwarded-prefix',
  'forwarded',
];

const contentOf = (name: string): unknown => parse(readFileSync(`deploy/gateway/${name}`, 'utf8'));
const removed = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, '']));
const lowerCased = (fields: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]));

describe('the Lua code of HAProxy and Envoy', () => {
  it.each(['portcullis.lua', 'envoy.yaml'])('has no lazy pattern, which can take cubic time (%s)', (name) => {
    expect(readFileSync(`deploy/gateway/${name}`, 'utf8')).not.toContain('.-');
  });
});

describe('docs/gateway.md', () => {
  const text = readFileSync('docs/gateway.md', 'utf8');

  it('names every field of the identity, the addresses and the route that the files have', () => {
    const fields = [...text.matchAll(/^\| `(X-Portcullis-\w+)` /gm)].map(([, name]) => name?.toLowerCase());
    expect(fields).toEqual([...IDENTITY_HEADERS]);
    for (const origin of [PORTCULLIS, APPLICATION]) expect(text).toContain(new URL(origin).host);
    expect(text).toContain(`GET ${ROUTE}`);
  });
});

interface Traefik {
  readonly http: {
    readonly routers: { readonly application: { readonly rule: string; readonly middlewares: string[] } };
    readonly middlewares: {
      readonly 'own-fields-only': Headers;
      readonly portcullis: { readonly forwardAuth: Readonly<Record<string, unknown>> };
      readonly 'no-tokens': Headers;
    };
    readonly services: { readonly application: unknown };
  };
}

interface Headers {
  readonly headers: { readonly customRequestHeaders: Readonly<Record<string, string>> };
}

describe('deploy/gateway/traefik.yaml', () => {
  const { routers, middlewares, services } = (contentOf('traefik.yaml') as Traefik).http;
  const requestHeadersOf = (name: 'own-fields-only' | 'no-tokens') =>
    lowerCased(middlewares[name].headers.customRequestHeaders);

  it('asks the route of the gateway, and believes no client about its request', () => {
    const { authResponseHeadersRegex: _pattern, ...settings } = middlewares.portcullis.forwardAuth;
    expect(settings).toEqual({ address: PORTCULLIS + ROUTE, trustForwardHeader: false });
    expect(services.application).toEqual({ loadBalancer: { servers: [{ url: APPLICATION }] } });
  });

  it('removes what clients say about themselves before it asks, and the tokens after', () => {
    expect(routers.application.middlewares).toEqual(['own-fields-only', 'portcullis', 'no-tokens']);
    expect(requestHeadersOf('own-fields-only')).toEqual(removed(CLAIMED));
    expect(requestHeadersOf('no-tokens')).toEqual(removed(['cookie', 'authorization']));
    expect(routers.application.rule).toContain('!HeaderRegexp(`Connection`, `(?i)portcullis`)');
  });

  it('has no route for a change to another protocol than WebSocket', () => {
    const [, pattern] = /!HeaderRegexp\(`Upgrade`, `\(\?i\)([^`]+)`\)/.exec(routers.application.rule)!;
    const refused = new RegExp(pattern!, 'i');
    for (const protocol of ['websocket', 'WebSocket'])
      expect([protocol, refused.test(protocol)]).toEqual([protocol, false]);
    for (const protocol of [
      '',
      'h2c',
      'H2C',
      'TLS/1.2',
      'websocket, h2c',
      'websockets',
      'socket',
      'websocket/13',
    ])
      expect([protocol, refused.test(protocol)]).toEqual([protocol, true]);
  });

  it('replaces every field of the identity, in both spellings, and no other field', () => {
    const [, pattern] = /^\(\?i\)(.+)$/.exec(
      String(middlewares.portcullis.forwardAuth['authResponseHeadersRegex']),
    )!;
    const copied = new RegExp(pattern!, 'i');
    for (const name of IDENTITY_HEADERS)
      for (const spelling of [name, name.toUpperCase(), name.replaceAll('-', '_')])
        expect([spelling, copied.test(spelling)]).toEqual([spelling, true]);
    for (const name of ['set-cookie', 'authorization', 'my-x-portcullis-user'])
      expect([name, copied.test(name)]).toEqual([name, false]);
  });
});

interface Patterns {
  readonly patterns: readonly { readonly exact?: string; readonly prefix?: string }[];
}

interface Filter {
  readonly name: string;
  readonly typed_config: {
    readonly default_source_code?: { readonly inline_string: string };
    readonly failure_mode_allow?: boolean;
    readonly status_on_error?: unknown;
    readonly http_service?: {
      readonly server_uri: unknown;
      readonly path_prefix: string;
      readonly authorization_request: { readonly allowed_headers: Patterns };
      readonly authorization_response: Readonly<Record<string, Patterns>>;
    };
  };
}

interface Listener {
  readonly address: unknown;
  readonly filter_chains: readonly { readonly filters: readonly { readonly typed_config: Manager }[] }[];
}

interface Manager {
  readonly upgrade_configs: unknown;
  readonly common_http_protocol_options: unknown;
  readonly http_filters: readonly Filter[];
}

interface Envoy {
  readonly static_resources: {
    readonly listeners: readonly [Listener];
    readonly clusters: readonly unknown[];
  };
}

describe('deploy/gateway/envoy.yaml', () => {
  const { listeners, clusters } = (contentOf('envoy.yaml') as Envoy).static_resources;
  const manager = listeners[0].filter_chains[0]!.filters[0]!.typed_config;
  const [before, asking, after] = manager.http_filters.map((filter) => filter.typed_config);
  const service = asking!.http_service!;
  const namesIn = ({ patterns }: Patterns) => patterns.map(({ exact, prefix }) => exact ?? `${prefix}*`);
  const socket = (origin: string) => {
    const { hostname, port } = new URL(origin);
    return { socket_address: { address: hostname, port_value: Number(port) } };
  };

  it('listens, asks and passes on where the other files do, and lets nothing through without an answer', () => {
    expect(listeners[0].address).toEqual(socket('http://127.0.0.1:8000'));
    expect(clusters).toMatchObject(
      Object.entries({ portcullis: PORTCULLIS, application: APPLICATION }).map(([name, origin]) => ({
        name,
        load_assignment: {
          cluster_name: name,
          endpoints: [{ lb_endpoints: [{ endpoint: { address: socket(origin) } }] }],
        },
      })),
    );
    expect(service).toMatchObject({
      server_uri: { uri: PORTCULLIS, cluster: 'portcullis', timeout: '3s' },
      path_prefix: ROUTE,
    });
    expect(asking).toMatchObject({
      failure_mode_allow: false,
      status_on_error: { code: 'ServiceUnavailable' },
    });
    expect(manager).toMatchObject({
      upgrade_configs: [{ upgrade_type: 'websocket' }],
      common_http_protocol_options: { headers_with_underscores_action: 'REJECT_REQUEST' },
    });
  });

  it('removes what clients say about themselves before it asks, and the tokens after', () => {
    expect(manager.http_filters.map(({ name }) => name)).toEqual([
      'envoy.filters.http.lua',
      'envoy.filters.http.ext_authz',
      'portcullis.no-tokens',
      'envoy.filters.http.router',
    ]);
    const listsOf = (code: string) =>
      [...code.matchAll(/ipairs\(\{([^}]+)\}\)/g)].map(([, list]) =>
        [...list!.matchAll(/"([^"]+)"/g)].map(([, name]) => name),
      );
    const code = before!.default_source_code!.inline_string;
    const [ours = [], others = []] = listsOf(code);
    expect(code).toContain('headers:remove("x-portcullis-" .. name)');
    expect(new Set([...ours.map((name) => `x-portcullis-${name}`), ...others])).toEqual(
      // Envoy itself replaces x-forwarded-for and -proto; the service reads -method, -host and -uri, and applications -port, too.
      new Set([
        ...IDENTITY_HEADERS,
        ...CLAIMED,
        ...['method', 'host', 'uri', 'port'].map((name) => `x-forwarded-${name}`),
      ]),
    );
    const tokens = /tokens = \{([^}]+)\}/.exec(after!.default_source_code!.inline_string)![1]!;
    expect([...tokens.matchAll(/(\w+) = true/g)].map(([, name]) => name)).toEqual(Object.keys(COOKIES));
  });

  it('lets nothing through after an error in its Lua code', () => {
    for (const filter of [before, after]) {
      const [, handler] = /function envoy_on_request\(handle\)\n([^]*?)\nend/.exec(
        filter!.default_source_code!.inline_string,
      )!;
      expect(handler).toMatch(/pcall\(\w+, handle:headers\(\)\)/);
      expect(handler).toContain('"503"');
    }
  });

  it('tells the gateway what it looks at, and passes its answers on', () => {
    // Envoy itself adds the method, the path, the host and Authorization.
    expect(namesIn(service.authorization_request.allowed_headers)).toEqual([
      'accept',
      'access-control-request-method',
      'cookie',
      'origin',
      'sec-fetch-mode',
      'sec-fetch-site',
      'sec-websocket-key',
      'upgrade',
      'user-agent',
      'x-forwarded-for',
      'x-forwarded-proto',
      'x-request-id',
    ]);
    const { allowed_upstream_headers, allowed_client_headers, allowed_client_headers_on_success } =
      service.authorization_response;
    expect(namesIn(allowed_upstream_headers!)).toEqual(['x-portcullis-*']);
    expect(namesIn(allowed_client_headers!)).toEqual([
      'cache-control',
      'content-type',
      'location',
      'retry-after',
      'www-authenticate',
      'ratelimit*',
    ]);
    expect(namesIn(allowed_client_headers_on_success!)).toEqual(['ratelimit*']);
  });
});
