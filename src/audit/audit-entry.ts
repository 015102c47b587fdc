import type { Origin } from '../platform/http/origin.js';
import type { AuditDetails, AuditEventType, AuditOutcome } from './audit-vocabulary.js';
import type { GroupedRefusals } from './refusals/grouped-refusals.js';

/** An event as reported by the service that decided it: of authentication, accounts, alerts, blocks or operations. */
export type AuditEvent<T extends AuditEventType = AuditEventType> = {
  [K in T]: {
    readonly type: K;
    readonly outcome: AuditOutcome;
    /** The reason, as a short stable word such as `wrong_password`; null if the type is sufficient. */
    readonly reason?: string | null;
    /** The user that the event is about, if there is one. */
    readonly userId?: string | null;
    readonly sessionId?: string | null;
    readonly origin: Origin;
    readonly details: AuditDetails[K];
  };
}[T];

/** The request that a proxy wants to forward to another application. */
export interface ForwardedCall {
  readonly rule: string;
  /** As the proxy states it; null if it does not. */
  readonly method: string | null;
  /** Without the query, which can contain data. */
  readonly path: string | null;
}

/** An API call, as reported by the HTTP layer when the response is sent. */
export interface ApiCall {
  readonly origin: Origin;
  readonly method: string;
  /** The pattern of the matched route, or null. Never the path itself, which may contain data. */
  readonly route: string | null;
  readonly status: number;
  readonly durationMs: number;
  readonly userId: string | null;
  readonly sessionId: string | null;
  /** The problem code of a refused call, or `rate_limited` for a preflight that was answered over the limit. */
  readonly reason: string | null;
  /** Set for a call that represents several refused calls. */
  readonly grouped?: GroupedRefusals;
  /** Set for a forward-auth request. */
  readonly forwarded?: ForwardedCall;
  /** Set for an administrator's call about one person. */
  readonly subjectId?: string;
}

/** One entry of the trail, in the form returned by `GET /audit/events`. Members that do not apply are null. */
export interface AuditEntry {
  readonly id: string;
  /** RFC 3339, UTC, milliseconds. */
  readonly time: string;
  readonly type: string;
  readonly kind: 'event' | 'call';
  readonly outcome: AuditOutcome;
  readonly reason: string | null;
  readonly userId: string | null;
  readonly sessionId: string | null;
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly requestId: string | null;
  readonly method: string | null;
  readonly route: string | null;
  readonly status: number | null;
  readonly durationMs: number | null;
  readonly details: Readonly<Record<string, unknown>> | null;
}
