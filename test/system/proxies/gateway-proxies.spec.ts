import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { Tokens } from '../../support/app/accounts.js';
import { createPerson } from '../../support/app/people.js';
import { startApp, startBeside, type TestApp } from '../../support/app/test-app.js';
import { type RoundRobin, startRoundRobin } from '../../support/browser/round-robin.js';
import { GATEWAY_PROGRAMS, type GatewayProgram, startGateway } from '../../support/gateway/gateway-proxy.js';
import { type RawRequest, sendRaw } from '../../support/gateway/raw-request.js';
import {
  type ReachedRequest,
  type RecordingApplication,
  startApplication,
} from '../../support/gateway/recording-application.js';
import { type RulesFile, writeRules } from '../../support/gateway/rules-file.js';
import { freePort } from '../../support/network/free-port.js';
import { type RedisServer, startRedis } from '../../support/redis/redis-server.js';
import type { ProxyServer } from '../../support/servers/proxy-server.js';

const LIMIT = 10;
const RULES = {
  app: { access: 'signed-in', audience: 'app', login: 'redirect' },
  site: { access: 'anonymous', audience: 'site' },
  limited: {
    access: 'anonymous',
    limits: [{ name: 'pages', limit: LIMIT, windowSeconds: 600, by: 'address', exact: true }],
  },
};

const IDENTITY = ['User', 'Session', 'Roles', 'Scopes', 'Acr', 'Key', 'Assertion'].map(
  (one) => `X-Portcullis-${one}`,
);

/** Every spelling of the fields of an identity that an application could take for them. */
const FORGED = IDENTITY.flatMap((name) => [
  `${name}: forged`,
  `${name.toLowerCase()}: forged`,
  `${name.replaceAll('-', '_')}: forged`,
  `${name.replace('-', '_')}: forged`,
  `${name.replace(/-(?=\w+$)/, '_')}: forged`,
]);

/** Spellings of paths that programs read differently. */
const PATHS = [
  '/admin?x=/public',
  '/admin#/public',
  '/public/../admin',
  '/public/%2e%2e/admin',
  '/public%2f..%2fadmin',
  '/public/..%5cadmin',
  '//admin',
  '/./admin',
  '/admin;x=/public',
  '/admin%00/public',
  '/admin%3f/public',
  '/ADMIN',
  '/admin/',
  '/%61dmin',
  '/admin.css',
  '/health/live',
  '/gate/site',
  '/portcullis',
];

/** The programs that are installed; in CI, all must be. */
const PROGRAMS = GATEWAY_PROGRAMS.filter(({ isInstalled }) => isInstalled || process.env['CI']);

describe.skipIf(inject('redis').kind !== 'own').each(PROGRAMS)(
  'an application behind $name',
  (program: GatewayProgram) => {
    let rules: RulesFile;
    let redis: RedisServer;
    let app: TestApp;
    let second: TestApp;
    let balancer: RoundRobin;
    let application: RecordingApplication;
    let person: Tokens;
    /** The same program once for each rule. */
    let proxies: Record<keyof typeof RULES, ProxyServer>;

    beforeAll(async () => {
      [rules, redis, application] = await Promise.all([writeRules(RULES), startRedis(), startApplication()]);
      const variables = {
        GATEWAY_PEERS: '127.0.0.1/32',
        TRUSTED_PROXIES: '127.0.0.1/32',
        GATEWAY_RULES_FILE: rules.path,
        GATEWAY_ORIGINS: 'http://localhost:8000',
        LOGIN_URL: 'https://id.example.org/login',
        REDIS_URL: redis.url,
      };
      app = await startApp({ listen: true, variables });
      second = await startBeside(app, { listen: true, variables });
      balancer = await startRoundRobin(await freePort(), [app.url, second.url], {});
      person = await createPerson(app);
      const portcullis = Number(new URL(app.url).port);
      const start = (rule: string, port = portcullis) =>
        startGateway(program, { portcullis: port, application: application.port, rule });
      const [one, two, three] = await Promise.all([
        start('app'),
        start('site'),
        start('limited', balancer.port),
      ]);
      proxies = { app: one, site: two, limited: three };
    });
    afterAll(async () => {
      await Promise.all(Object.values(proxies).map((proxy) => proxy.stop()));
      await balancer.stop();
      await Promise.all([second.close(), application.stop()]);
      await Promise.all([app.close(), redis.stop()]);
      await rules.remove();
    });
    beforeEach(() => {
      application.reached.length = 0;
    });

    const send = (request: RawRequest = {}, rule: keyof typeof RULES = 'app') =>
      sendRaw(proxies[rule].url, request);
    const bearer = () => `Authorization: Bearer ${person.accessToken}`;
    const cookie = () => `Cookie: access_token=${person.accessToken}`;
    const asPerson = (request: RawRequest = {}, rule: keyof typeof RULES = 'app') =>
      send({ ...request, lines: [bearer(), ...(request.lines ?? [])] }, rule);
    const valuesOf = ({ fields }: ReachedRequest, name: string) =>
      fields.filter(([one]) => one.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
    const last = (): ReachedRequest =>
      application.reached.at(-1) ?? { method: '', url: '', fields: [], bodyLength: 0 };
    const namesOf = ({ fields }: ReachedRequest) => fields.map(([name]) => name.toLowerCase());

    it('learns who the caller is, and gets no token of theirs', async () => {
      const secrets = [
        `access_token=${person.accessToken}`,
        `refresh_token=${person.refreshToken}`,
        '__Host-device=canary',
      ];
      const jar = `Cookie: own=1;${secrets.join(';')}; theme=dark`;
      const answer = await asPerson({
        lines: [jar, 'Cookie: more=2', 'X-Request-Id: gateway-test-1'],
      });
      expect([answer.status, answer.body]).toEqual([200, expect.stringContaining('application')]);
      const { fields } = last();
      expect(valuesOf(last(), 'x-portcullis-user')).toEqual([person.user.id]);
      expect(valuesOf(last(), 'x-portcullis-session')).toEqual([person.session.id]);
      expect(valuesOf(last(), 'x-portcullis-roles')).toEqual(['user']);
      expect(valuesOf(last(), 'x-portcullis-acr')).toEqual(['aal1']);
      expect(valuesOf(last(), 'x-portcullis-assertion')).toEqual([
        expect.stringMatching(/^ey[^.]+\.ey[^.]+\.[\w-]+$/),
      ]);
      for (const name of ['x-portcullis-scopes', 'x-portcullis-key', 'authorization'])
        expect(valuesOf(last(), name).join(''), name).toBe('');
      const received = JSON.stringify(fields);
      for (const secret of [person.accessToken, person.refreshToken, 'canary', 'access_token'])
        expect(received).not.toContain(secret);
      expect(
        valuesOf(last(), 'cookie')
          .join('; ')
          .replaceAll(/[;\s]+/g, ' ')
          .trim(),
      ).toBe('own=1 theme=dark more=2');
    });

    it('gets no token of theirs that comes twice either', async () => {
      const jar = Array.from(
        { length: 9 },
        (_, n) => `${n % 2 ? '__Host-' : ''}refresh_token${' '.repeat(n % 3)}=canary${n}`,
      );
      expect((await asPerson({ lines: [`Cookie: ${jar.join('; ')}; own=1`] })).status).toBe(200);
      expect(JSON.stringify(last().fields)).not.toContain('canary');
    });

    it('gets no token of theirs that is spelled with other white space or with quotation marks', async () => {
      const jar = [
        '\trefresh_token\t=canary1',
        '  __Host-device = canary2',
        'device="canary3"',
        ' \t __Host-access_token\t =\tcanary4',
        'refresh_token==canary5',
      ];
      for (const token of jar) {
        expect((await asPerson({ lines: [`Cookie: own=1;${token};more=2`] })).status).toBe(200);
        expect(JSON.stringify(last().fields)).not.toContain('canary');
        expect(valuesOf(last(), 'cookie').join('; ')).toMatch(/^own=1[; ]+more=2$/);
      }
    });

    it('gets cookies of its own whose names resemble those', async () => {
      const jar = [
        'my_access_token=1',
        'refresh_tokens=2',
        '__Secure-device=3',
        'ACCESS_TOKEN=4',
        'own=a=b c',
      ];
      expect((await asPerson({ lines: [`Cookie: ${jar.join('; ')}`] })).status).toBe(200);
      expect(valuesOf(last(), 'cookie')).toEqual([jar.join('; ')]);
    });

    it('is reached at once by a request with a cookie of thousands of spaces, and by the next one', async () => {
      // nginx refuses longer lines.
      const half = ' '.repeat(program.name === 'nginx' ? 3_500 : 7_000);
      for (const line of [`Cookie: a=1;${half}${half}x`, `Cookie: a=1;${half}x${half}=y`]) {
        const startedAt = performance.now();
        expect((await asPerson({ lines: [line] })).status).toBe(200);
        expect(performance.now() - startedAt).toBeLessThan(1000);
        expect((await asPerson()).status).toBe(200);
      }
    });

    it('gets the credentials that are its own', async () => {
      const answer = await send({ lines: [cookie(), 'Authorization: Basic b3duOm93bg=='] });
      expect(answer.status).toBe(200);
      expect(valuesOf(last(), 'authorization')).toEqual(['Basic b3duOm93bg==']);
    });

    it('is not reached by a request that is refused, which the client gets explained', async () => {
      const anonymous = await send();
      expect(anonymous.status).toBe(401);
      expect(anonymous.fields).toMatchObject({
        'content-type': [expect.stringContaining('application/problem+json')],
        'www-authenticate': ['Bearer'],
        'cache-control': ['no-store'],
        'x-request-id': [expect.any(String)],
      });
      expect(JSON.parse(anonymous.body)).toMatchObject({ code: 'unauthenticated', status: 401 });
      const invalid = await send({ lines: ['Authorization: Bearer x'] });
      expect(invalid.fields['www-authenticate']).toEqual(['Bearer error="invalid_token"']);
      const foreign = await send({
        method: 'POST',
        body: 'a=b',
        lines: [cookie(), 'Origin: https://evil.example'],
      });
      expect([foreign.status, JSON.parse(foreign.body)]).toMatchObject([403, { code: 'csrf_rejected' }]);
      expect(application.reached).toEqual([]);
    });

    it('sends browsers to the login, and passes on what it answers itself', async () => {
      const page = ['Accept: text/html'];
      const answer = await send({ host: 'localhost:8000', path: '/a?b=1&c=2', lines: page });
      expect([answer.status, answer.fields['location']]).toEqual([
        302,
        ['https://id.example.org/login?rd=http%3A%2F%2Flocalhost%3A8000%2Fa%3Fb%3D1%26c%3D2'],
      ]);
      expect((await send({ host: 'evil.example', lines: page })).status).toBe(401);
      const own = await asPerson({ path: '/refuses' });
      expect([own.status, own.fields['www-authenticate'], own.body]).toEqual([
        401,
        ['Basic'],
        expect.stringContaining('of the application'),
      ]);
    });

    it('peer fault 64: no path opens it, whatever the query and the fragment say or however it is spelled', async () => {
      for (const path of PATHS) {
        const { status } = await send({ path });
        expect(status, path).toBeGreaterThanOrEqual(400);
        const cross = await send({ path, method: 'POST', lines: [cookie(), 'Origin: https://evil.example'] });
        expect(cross.status, path).toBeGreaterThanOrEqual(400);
      }
      expect(application.reached).toEqual([]);
      // With a credential, either the path or nothing reaches it, always with the caller.
      for (const path of PATHS) await asPerson({ path });
      expect(application.reached.length).toBeGreaterThan(PATHS.length / 2);
      for (const request of application.reached)
        expect(valuesOf(request, 'x-portcullis-user')).toEqual([person.user.id]);
    });

    it('peer fault 64: what a client says about the request does not count', async () => {
      const lies = [
        'X-Forwarded-Method: GET',
        'X-Forwarded-Uri: /public',
        'X-Original-URI: /public',
        'X-Original-Method: GET',
        'X-Rewrite-URL: /public',
        'X-HTTP-Method-Override: GET',
        'X-Portcullis-Proxy: nginx',
        'X-Portcullis-Status: 200',
        'X_Forwarded_Method: GET',
      ];
      const origin = 'Origin: https://evil.example';
      expect((await send({ method: 'POST', lines: [cookie(), origin, ...lies] })).status).toBe(403);
      for (const lie of lies) {
        expect((await send({ method: 'POST', lines: [cookie(), origin, lie] })).status, lie).toBe(403);
        expect((await send({ lines: [lie] })).status, lie).toBe(401);
      }
      expect(application.reached).toEqual([]);
      const request = { path: '/gate/site', lines: ['X-Forwarded-Method: GET'] };
      expect((await sendRaw(app.url, { ...request, from: '127.0.0.9' })).status).toBe(404);
      expect((await sendRaw(app.url, request)).status).toBe(200);
    });

    it('peer fault 64: no user agent is exempt', async () => {
      for (const agent of [
        'GoogleHC/1.0',
        'kube-probe/1.31',
        'ELB-HealthChecker/2.0',
        'Prometheus/3.0',
        'curl/8',
      ])
        expect((await send({ path: '/ping', lines: [`User-Agent: ${agent}`] })).status, agent).toBe(401);
      expect(application.reached).toEqual([]);
    });

    it('peer fault 64: an identity that a client sends never reaches it, in no spelling, with or without a caller', async () => {
      expect((await send({ lines: FORGED })).status).toBe(401);
      expect(application.reached).toEqual([]);
      const outcomes: object[] = [];
      for (const line of ['X-Other: 1', ...FORGED, FORGED.join('\r\n')]) {
        for (const [from, user, rule] of [
          [send, '', 'site'],
          [asPerson, person.user.id, 'site'],
          [asPerson, person.user.id, 'app'],
        ] as const) {
          const before = application.reached.length;
          const { status } = await from({ lines: [line] }, rule);
          const wasReached = application.reached.length > before;
          const sent = namesOf(last()).filter((name) => name.includes('portcullis'));
          const isTrue =
            !JSON.stringify(last().fields).includes('forged') &&
            valuesOf(last(), 'x-portcullis-user').join('') === user &&
            sent.every((name) => IDENTITY.some((one) => one.toLowerCase() === name));
          outcomes.push({ line, rule, ok: wasReached ? isTrue : status >= 400 });
        }
      }
      expect(outcomes).toEqual(outcomes.map((outcome) => ({ ...outcome, ok: true })));
      expect(application.reached.length).toBeGreaterThan(2 * FORGED.length);
    });

    it('peer fault 64: a hop-by-hop field cannot remove a part of the identity', async () => {
      for (const name of IDENTITY)
        for (const line of [`Connection: close, ${name}`, `Connection: ${name.toLowerCase()}`])
          expect((await asPerson({ lines: [line] })).status, line).toBe(400);
      expect(application.reached).toEqual([]);
    });

    it('peer fault 64: forwarding fields of a client are replaced', async () => {
      const lies = [
        'Prefix: /evil',
        'Host: evil.example',
        'Proto: https',
        'For: 203.0.113.9',
        'Uri: /evil',
        'Method: PUT',
        'Port: of-evil',
      ];
      await asPerson({ lines: lies.flatMap((lie) => [`X-Forwarded-${lie}`, `X_Forwarded_${lie}`]) });
      // The assertion is a signed token, whose characters can spell anything.
      const received = last().fields.filter(([name]) => name.toLowerCase() !== 'x-portcullis-assertion');
      for (const lie of ['/evil', 'evil.example', '203.0.113.9', 'PUT', 'of-evil', 'X_'])
        expect(JSON.stringify(received)).not.toContain(lie);
      expect(valuesOf(last(), 'x-forwarded-proto')).toEqual(['http']);
      expect(valuesOf(last(), 'x-forwarded-for')).toEqual(['127.0.0.1']);
    });

    it('peer fault 64: a broken cookie never opens it', async () => {
      const broken = Array.from({ length: 100 }, (_, n) => {
        const values = [
          '',
          '=',
          'null',
          'e30.e30.e30',
          '"',
          '\x80\xff',
          '%00',
          '{}',
          person.accessToken.slice(n + 1),
          `${person.accessToken}.`,
        ];
        return `Cookie: ${n % 3 === 0 ? '__Host-' : ''}access_token${n % 7 === 0 ? '' : '='}${values[n % values.length]}${';'.repeat(n % 4)}`;
      });
      const statuses = await Promise.all(broken.map(async (line) => (await send({ lines: [line] })).status));
      for (const [n, status] of statuses.entries())
        expect([broken[n], status >= 400]).toEqual([broken[n], true]);
      expect(application.reached).toEqual([]);
    });

    it('peer fault 64: bytes that are no text open nothing', async () => {
      for (const byte of [0x80, 0x81, 0x9f, 0xa0, 0xc3, 0xe9, 0xfe, 0xff]) {
        const text = String.fromCharCode(byte);
        for (const line of [
          `Authorization: Bearer ${text}`,
          `Cookie: access_token=${text}`,
          `X-Any: ${text}`,
          `Origin: ${text}`,
          `Accept: ${text}`,
          `User-Agent: ${text}`,
        ]) {
          const { status } = await send({ lines: [line], path: `/${text}` });
          expect([line, status === 0 || status >= 400]).toEqual([line, true]);
        }
      }
      for (const method of ['get', 'FOO', 'TRACE', 'PROPFIND', 'OPTIONS', 'HEAD', 'CONNECT'])
        expect((await send({ method })).status, method).toBeGreaterThanOrEqual(400);
      expect(application.reached).toEqual([]);
    });

    it('peer fault 64: limits count over all instances, exactly, whatever X-Forwarded-For says, and are told', async ({
      task,
    }) => {
      // Another address for each try: the limit of the one before is used up.
      const from = `127.0.0.${77 + (task.result?.retryCount ?? 0)}`;
      const answers = await Promise.all(
        Array.from({ length: 4 * LIMIT }, (_, n) => {
          const line = [
            `X-Forwarded-For: a`,
            `X-Forwarded-For: 203.0.113.${n}`,
            'X-Forwarded-For: ,,',
            'X-Any: 1',
          ][n % 4]!;
          return send({ lines: [line], from }, 'limited');
        }),
      );
      const statuses = answers.map(({ status }) => status);
      expect(statuses.filter((status) => status === 200)).toHaveLength(LIMIT);
      expect(statuses.filter((status) => status === 429)).toHaveLength(3 * LIMIT);
      expect(application.reached).toHaveLength(LIMIT);
      for (const { fields } of answers) {
        expect(fields['ratelimit']).toEqual([expect.stringMatching(/^"limited:pages";r=\d+;t=\d+$/)]);
        expect(fields['ratelimit-policy']).toEqual([`"limited:pages";q=${LIMIT};w=600`]);
      }
      const refused = answers.find(({ status }) => status === 429)!;
      expect(refused.fields['retry-after']).toEqual([expect.stringMatching(/^\d+$/)]);
      expect(JSON.parse(refused.body)).toMatchObject({
        code: 'rate_limited',
        'violated-policies': ['limited:pages'],
      });
      expect((await send({ from: '127.0.0.90' }, 'limited')).status).toBe(200);
    });

    it('gets whole uploads, and answers while one arrives', async () => {
      expect((await asPerson({ method: 'POST', path: '/upload', body: 'x'.repeat(1_000_000) })).status).toBe(
        200,
      );
      expect(last()).toMatchObject({ method: 'POST', url: '/upload', bodyLength: 1_000_000 });
      expect(valuesOf(last(), 'x-portcullis-user')).toEqual([person.user.id]);
      expect((await asPerson({ method: 'POST', body: 'x'.repeat(15_000) })).status).toBe(200);

      const socket = connect(Number(new URL(proxies.app.url).port), '127.0.0.1');
      socket.write(
        `POST /stream HTTP/1.1\r\nHost: x\r\n${bearer()}\r\nContent-Length: 4\r\nConnection: close\r\n\r\n`,
      );
      let received = '';
      socket.on('data', (chunk) => (received += chunk.toString()));
      await expect.poll(() => received).toContain('first\n');
      socket.write('body');
      await expect.poll(() => received).toContain('last\n');
      socket.destroy();
    });

    it('keeps its WebSockets, of callers and of its own pages only', async () => {
      const handshake = [
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      ];
      const refused = await send({ lines: [...handshake, cookie(), 'Origin: https://evil.example'] });
      expect(refused.status).toBe(403);
      expect((await send({ lines: handshake })).status).toBe(401);
      expect(application.reached).toEqual([]);

      const socket = connect(Number(new URL(proxies.app.url).port), '127.0.0.1');
      const lines = [...handshake, cookie(), 'Origin: http://localhost:8000'];
      socket.write(`GET /socket HTTP/1.1\r\nHost: localhost:8000\r\n${lines.join('\r\n')}\r\n\r\n`);
      let received = '';
      socket.on('data', (chunk) => (received += chunk.toString()));
      await expect.poll(() => received).toContain('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
      socket.write('ping across');
      await expect.poll(() => received).toContain('ping across');
      expect(valuesOf(last(), 'x-portcullis-user')).toEqual([person.user.id]);
      socket.end();
      await once(socket, 'close');
    });

    it('changes to no other protocol, through which requests would reach it unasked', async () => {
      const offers = [
        ['h2c'],
        ['H2C'],
        ['websocket, h2c'],
        ['h2c, websocket'],
        ['websocket', 'h2c'],
        ['h2c', 'websocket'],
        ['TLS/1.2'],
        ['websocket/13'],
        ['websockets'],
      ];
      for (const offer of offers)
        for (const connection of ['Upgrade, HTTP2-Settings', 'upgrade', 'Upgrade, Upgrade', 'close'])
          await asPerson({
            lines: [
              `Connection: ${connection}`,
              'HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA',
              ...offer.map((protocol) => `Upgrade: ${protocol}`),
            ],
          });
      expect(application.reached.length).toBeGreaterThan(0);
      const accepted = new Set(application.reached.map((request) => valuesOf(request, 'upgrade').join('; ')));
      expect([...accepted].filter((protocol) => protocol !== '' && protocol !== 'websocket')).toEqual([]);
    });
  },
);
