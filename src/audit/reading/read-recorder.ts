import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { recordedCaller } from '../../platform/access/principal.js';
import { callerOf, contextOf } from '../../platform/http/request-context.js';
import { AuditService } from '../audit.service.js';
import type { AuditDetails } from '../audit-vocabulary.js';

/** Records reads of the trail in the trail. */
@Injectable()
export class ReadRecorder {
  constructor(private readonly audit: AuditService) {}

  /**
   * Records a read by the caller. Throws `dependency_unavailable` if that fails; the caller must then not read
   * anything.
   */
  async record(
    request: FastifyRequest,
    what: AuditDetails['audit_read']['what'],
    filter: object,
  ): Promise<void> {
    const filters = Object.entries(filter).filter(([, value]) => value !== undefined);
    await this.audit.recordAlone({
      type: 'audit_read',
      outcome: 'success',
      ...recordedCaller(callerOf(request)),
      origin: contextOf(request).origin,
      details: { what, filters: filters.map(([name]) => name) },
    });
  }
}
