import { Module } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import { type DestinationStream, type LogFn, type Logger, pino } from 'pino';
import { Environment, type ThrowawaySettings } from '../config/environment.js';
import { Tracing } from '../tracing/tracing.js';
import { TracingModule } from '../tracing/tracing.module.js';
import { describeError } from './describe-error.js';
import { RequestLog } from './request-log.js';

/** Members that must never be logged, wherever an object that contains one is logged by mistake (ASVS 16.2.5). */
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

/** Contexts in which the framework logs each step of its start at level `info`: 100 lines without information. */
const FRAMEWORK_NEWS = new Set([
  'InstanceLoader',
  'NestFactory',
  'NestApplication',
  'RouterExplorer',
  'RoutesResolver',
]);
/** Parts whose warnings tell an operator what a throwaway service is meant to do without: limits, and Redis. */
const OPERATORS_WARNINGS = new Set(['ThrottlerGuard', 'RedisConnection']);
const INFO = 30;
const WARN = 40;
const STANDARD_ERROR = 2;

/** A throwaway service has one line for standard output, and the log is not it. */
function logOf({ log }: ThrowawaySettings): DestinationStream {
  return pino.destination({ dest: log ?? STANDARD_ERROR, append: true, sync: true });
}

/** Leaves out lines that help nobody who reads this log. */
function filterFor({ throwaway }: Environment) {
  return function log(this: Logger, args: Parameters<LogFn>, method: LogFn, level: number): void {
    const [first] = args as unknown[];
    const context =
      typeof first === 'object' && first !== null && 'context' in first ? String(first.context) : '';
    if (level === INFO && FRAMEWORK_NEWS.has(context)) return;
    if (level === WARN && throwaway && OPERATORS_WARNINGS.has(context)) return;
    method.apply(this, args);
  };
}

/**
 * Writes one JSON line per event. nestjs-pino's request middleware is off: the hooks of `app.setup.ts` log requests by
 * their matched route, so no path-matching middleware is needed and query strings are never logged.
 */
@Module({
  imports: [
    LoggerModule.forRootAsync({
      imports: [TracingModule],
      inject: [Environment, Tracing],
      useFactory: (environment: Environment, tracing: Tracing) => ({
        forRoutes: [],
        pinoHttp: {
          ...(environment.throwaway && { stream: logOf(environment.throwaway) }),
          level: environment.LOG_LEVEL,
          base: { pid: process.pid },
          timestamp: () => `,"time":"${new Date().toISOString()}"`,
          serializers: { err: (error: unknown) => describeError(error) },
          // Otherwise pino-http passes a wrapped error, and the cause of every 5xx is logged as an object without a name.
          wrapSerializers: false,
          formatters: { level: (label: string) => ({ level: label }) },
          hooks: { logMethod: filterFor(environment) },
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
