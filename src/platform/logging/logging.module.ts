import { Module } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import type { LogFn, Logger } from 'pino';
import { Environment } from '../config/environment.js';
import { Tracing } from '../tracing/tracing.js';
import { TracingModule } from '../tracing/tracing.module.js';
import { describeError } from './describe-error.js';
import { RequestLog } from './request-log.js';

/** Members that must never be printed, wherever an object that holds one is logged by mistake (ASVS 16.2.5). */
const SECRET_MEMBERS = [
  'password',
  'accessToken',
  'refreshToken',
  'deviceToken',
  'authorization',
  'cookie',
  'set-cookie',
  'token',
];

/** Contexts in which the framework tells, at level `info`, each step of its own start: 100 lines that say nothing. */
const FRAMEWORK_NEWS = new Set([
  'InstanceLoader',
  'NestFactory',
  'NestApplication',
  'RouterExplorer',
  'RoutesResolver',
]);
const INFO = 30;

function withoutFrameworkNews(this: Logger, args: Parameters<LogFn>, method: LogFn, level: number): void {
  const [first] = args as unknown[];
  const context =
    typeof first === 'object' && first !== null && 'context' in first ? first.context : undefined;
  if (level === INFO && FRAMEWORK_NEWS.has(String(context))) return;
  method.apply(this, args);
}

/**
 * One JSON line per event. nestjs-pino's request middleware stays off: the hooks of `app.setup.ts` log requests by
 * their matched route, which needs no path-matching middleware and never sees a query string.
 */
@Module({
  imports: [
    LoggerModule.forRootAsync({
      imports: [TracingModule],
      inject: [Environment, Tracing],
      useFactory: (environment: Environment, tracing: Tracing) => ({
        forRoutes: [],
        pinoHttp: {
          level: environment.LOG_LEVEL,
          base: { pid: process.pid },
          timestamp: () => `,"time":"${new Date().toISOString()}"`,
          serializers: { err: (error: unknown) => describeError(error) },
          // Or pino-http hands it what is no error any more, and the cause of every 5xx is an object of no name.
          wrapSerializers: false,
          formatters: { level: (label: string) => ({ level: label }) },
          hooks: { logMethod: withoutFrameworkNews },
          ...(tracing.isOn && { mixin: () => tracing.logFields() }),
          redact: {
            paths: SECRET_MEMBERS.flatMap((member) => [`["${member}"]`, `*["${member}"]`]),
            censor: '[redacted]',
          },
          ...(environment.LOG_FORMAT === 'pretty' && {
            transport: { target: 'pino-pretty', options: { singleLine: true, ignore: 'pid' } },
          }),
        },
      }),
    }),
  ],
  providers: [RequestLog],
  exports: [RequestLog],
})
export class LoggingModule {}
