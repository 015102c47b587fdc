import fastifyCookie from '@fastify/cookie';
import type { NestFastifyApplication, FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { serveDocumentation, serveErrors } from './documentation.js';
import { CallRecorder } from '../audit/call-recorder.js';
import { AuditSpool } from '../audit/spool/audit-spool.js';
import { answerNginx } from '../gateway/nginx-answers.js';
import { ForwardAuthRequests } from '../gateway/forward-auth-requests.js';
import { routedUrl } from '../gateway/routed-url.js';
import { type Clock, SystemClock } from '../platform/clock/clock.js';
import type { Environment } from '../platform/config/environment.js';
import { SystemRandomness } from '../platform/crypto/randomness.js';
import { UuidV7 } from '../platform/crypto/uuid.js';
import { Drain } from '../platform/health/drain.js';
import { Readiness } from '../platform/health/readiness.js';
import { contextOf } from '../platform/http/request-context.js';
import { AllowedOrigins } from '../platform/http/allowed-origins.js';
import { CidrList } from '../platform/http/client-ip/cidr-list.js';
import { CrossOrigin } from '../platform/http/cross-origin.js';
import { fastifyAdapter } from '../platform/http/fastify-adapter.js';
import { readBodies } from '../platform/http/bodies/json-body.js';
import { LARGE_BODY_LIMIT, LargeBodies } from '../platform/http/bodies/large-bodies.js';
import { isRawBodyRoute } from '../platform/http/bodies/raw-body.decorator.js';
import { isForwardAuthRoute } from '../platform/http/routes/forward-auth.decorator.js';
import { publicPath } from '../platform/http/routes/public-path.js';
import { ProblemFilter } from '../platform/http/problems/problem.filter.js';
import { callOpener } from '../platform/http/request-context-opener.js';
import { requireHost } from '../platform/http/require-host.js';
import { RouteTable } from '../platform/http/routes/route-table.js';
import { RequestLog } from '../platform/logging/request-log.js';
import { Tracing } from '../platform/tracing/tracing.js';
import { warnUntrustedProxy } from '../platform/http/client-ip/untrusted-proxy-warning.js';
import { SessionErrors } from '../sessions/session.errors.js';
import { Admission } from '../rate-limit/admission.js';

type Unroutable = (error: Error, request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/** Nest options of every application of this service. */
export const NEST_OPTIONS = { bodyParser: false, bufferLogs: true, abortOnError: false } as const;

/** Creates the service's HTTP adapter. {@link setUp} completes it after the application is created. */
export function createAdapter(
  { PUBLIC_URL, MAX_CONNECTIONS }: Pick<Environment, 'PUBLIC_URL' | 'MAX_CONNECTIONS'>,
  clock: Clock = new SystemClock(),
): FastifyAdapter {
  const ids = new UuidV7(clock, new SystemRandomness());
  return fastifyAdapter({
    nextRequestId: () => ids.next(),
    basePath: publicPath(PUBLIC_URL),
    maxConnections: MAX_CONNECTIONS,
    routedUrl,
    onUnroutable: (error, request, reply) => {
      void (request.server as unknown as { unroutable: Unroutable }).unroutable(error, request, reply);
    },
  });
}

/** Sets up the hooks around the pipeline, parsers, header fields and CORS, for the process and for end-to-end tests. */
export async function setUp(app: NestFastifyApplication, environment: Environment): Promise<void> {
  const fastify = app.getHttpAdapter().getInstance();
  const openRequestContext = callOpener({
    trustedProxies: new CidrList(environment.TRUSTED_PROXIES),
    transport: {
      https: environment.COOKIE_SECURE,
      includeSubDomains: environment.HSTS_INCLUDE_SUBDOMAINS,
    },
  });
  const filter = app.get(ProblemFilter);
  const recorder = app.get(CallRecorder);
  const admission = app.get(Admission, { strict: false });
  const forwardAuthRequests = app.get(ForwardAuthRequests, { strict: false });
  const requestLog = app.get(RequestLog);
  const drain = app.get(Drain);
  const spool = app.get(AuditSpool, { strict: false });
  const crossOrigin = new CrossOrigin(new AllowedOrigins(environment), SessionErrors.csrf_rejected);
  const largeBodies = new LargeBodies();
  app.get(Readiness).requireOnDisk(() => spool.hasRoom());

  await app.get(Tracing).start(fastify);

  /** Responds to a request that never reached a guard, after it was counted by the rate limits. */
  async function refuse(
    error: Error,
    request: FastifyRequest,
    reply: FastifyReply,
    recorded: (answer: () => void, status: number) => void,
  ): Promise<void> {
    const problem = filter.judge(await admission.admitRefused(error, request, reply), request);
    const answer = () => filter.send(problem, request, reply);
    recorded(answer, problem.row.status);
  }

  fastify.addHook('onRoute', (route) => {
    app.get(RouteTable).add(route);
    route.errorHandler = (error, request, reply) => {
      void refuse(error, request, reply, (answer) => answer());
    };
    // Hooks of the route run after those of the application, which record the true status.
    if (isForwardAuthRoute(route)) {
      route.onRequest = (request, reply) => forwardAuthRequests.requireRule(request, reply);
      route.onSend = answerNginx;
    }
    if (isRawBodyRoute(route))
      Object.assign(route, { bodyLimit: LARGE_BODY_LIMIT, preParsing: largeBodies.bound });
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    openRequestContext(request, reply);
    crossOrigin.allow(request, reply);
    if (!crossOrigin.isAllowedPreflight(request)) recorder.assertRoom(request);
    forwardAuthRequests.note(request);
    done();
  });
  fastify.addHook('onRequest', async (request, reply) => {
    const isAllowedPreflight = crossOrigin.isAllowedPreflight(request);
    if (isAllowedPreflight) await admission.countPreflight(request, reply);
    else if (request.is404) await admission.admitByAddress(request, reply);
    requireHost(request);
    if (isAllowedPreflight) await crossOrigin.answerPreflight(reply);
    else crossOrigin.requireListed(request);
  });
  if (environment.TRUSTED_PROXIES.length === 0) fastify.addHook('onRequest', warnUntrustedProxy());
  // Guards, pipes and handlers refuse requests that are counted already; every answer passes here.
  fastify.addHook('onSend', async (request, reply) => {
    if (reply.statusCode >= 400) await contextOf(request).counted?.refundShared();
  });
  fastify.addHook('onSend', (request, reply, payload, done) => {
    // Otherwise a connection that was busy when the drain began would stay open and keep the process running.
    if (drain.isDraining) reply.header('connection', 'close');
    recorder.record(request, reply.statusCode, () => done(null, payload));
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    requestLog.write(contextOf(request), request.method, reply.statusCode);
    done();
  });
  fastify.decorate('unroutable', (async (error, request, reply) => {
    openRequestContext(request, reply);
    crossOrigin.allow(request, reply);
    const recorded = (answer: () => void, status: number) => recorder.record(request, status, answer);
    if (!crossOrigin.isAllowedPreflight(request)) return refuse(error, request, reply, recorded);
    await admission.countPreflight(request, reply);
    recorded(() => void crossOrigin.answerPreflight(reply), 204);
  }) satisfies Unroutable);

  await app.register(fastifyCookie);
  readBodies(fastify);
  serveErrors(app);
  if (environment.DOCS_ENABLED) serveDocumentation(app, environment);
}
