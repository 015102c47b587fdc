import { applyDecorators, createParamDecorator } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { callerIdOf } from '../access/principal.js';
import { unacceptable } from '../errors/unacceptable.js';
import { AUDIT_REASON_LENGTH, isPrintable } from './audit-reason.js';
import { type Actor, type Origin, unknownSubject } from './origin.js';
import { contextOf } from './request-context.js';

const HEADER = 'audit-reason';

/**
 * Injects the origin of a request that acts on another account. It contains the caller; its events name the caller and the
 * reason in the header `Audit-Reason`. Throws `validation_failed` for a reason that is not 1 to 500 printable
 * characters of UTF-8, or given twice.
 */
export const ActingOrigin = createParamDecorator((_: unknown, execution): Origin =>
  actingOrigin(execution.switchToHttp().getRequest<FastifyRequest>()),
);

/** Documents the header that {@link ActingOrigin} reads. */
export const ApiAuditReason = () =>
  applyDecorators(
    ApiHeader({
      name: 'Audit-Reason',
      required: false,
      description:
        'Why, for the audit trail: 1 to 500 printable characters in UTF-8. It is recorded in the event as `details.auditReason`.',
      schema: { type: 'string', minLength: 1, maxLength: AUDIT_REASON_LENGTH },
    }),
  );

function actingOrigin(request: FastifyRequest): Origin {
  const { origin, principal } = contextOf(request);
  if (!principal) throw new Error('The route acts on accounts, but its caller is not known: it is public.');
  const auditReason = reasonOf(request);
  const actor: Actor = {
    actorId: callerIdOf(principal),
    ...(auditReason !== undefined && { auditReason }),
  };
  // A program's call is not a call of the account that it acts on.
  return { ...origin, actor, caller: principal, about: unknownSubject() };
}

/** Node.js decodes header fields as Latin-1 and joins repeated ones, so the bytes and the raw list are read. */
function reasonOf({ raw }: FastifyRequest): string | undefined {
  const values = raw.rawHeaders.filter((_, index, all) => index % 2 === 1 && isReason(all[index - 1]));
  const [value] = values;
  if (value === undefined) return undefined;
  const text = utf8(value);
  if (values.length === 1 && text !== null && isPrintable(text, AUDIT_REASON_LENGTH)) return text;
  const detail = `Audit-Reason must be one header field with 1 to ${AUDIT_REASON_LENGTH} printable characters in UTF-8`;
  throw unacceptable('#/Audit-Reason', detail);
}

const isReason = (name: string | undefined) => name?.toLowerCase() === HEADER;

function utf8(value: string): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(value, 'latin1'));
  } catch {
    return null;
  }
}
