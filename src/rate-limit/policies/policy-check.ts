import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { getMetadataStorage } from 'class-validator';
import { bodyTypeOf } from '../../platform/http/openapi/body-type.js';
import { type DeclaredRoute, declaredRoutes } from '../../platform/http/routes/route-walk.js';
import { RATE_LIMIT_POLICIES, RATE_LIMIT_SUBJECT, type SubjectMembers } from '../rate-limit.decorator.js';
import type { KeyPart, PolicyName } from './policy.js';
import { PolicyTable } from './policy-table.js';

/** The member that a route must declare for each part of a policy's key. */
const SOURCES = { account: 'email', session: 'refreshToken' } as const satisfies Partial<
  Record<KeyPart, keyof SubjectMembers>
>;

/**
 * Fails the start when a route has a policy that cannot get its key: such a policy would silently limit nothing. Policies
 * that the operator has switched off are checked too; otherwise the fault would appear only where they are on.
 */
@Injectable()
export class PolicyCheck implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly table: PolicyTable,
  ) {}

  /** Throws an Error that lists each such route, its policy and the missing part. */
  onModuleInit(): void {
    const faults = declaredRoutes(this.discovery, this.scanner).flatMap((route) => this.faultsOf(route));
    if (faults.length > 0) throw new Error(faults.join('\n'));
  }

  private faultsOf(route: DeclaredRoute): string[] {
    const names = (Reflect.getMetadata(RATE_LIMIT_POLICIES, route.handler) ?? []) as PolicyName[];
    const subject = (Reflect.getMetadata(RATE_LIMIT_SUBJECT, route.handler) ?? {}) as SubjectMembers;
    return names.flatMap((name) =>
      Object.entries(SOURCES)
        .filter(([part]) => this.table.keysOf(name).includes(part as KeyPart))
        .flatMap(([, source]) => faultOf(route, source, subject[source]) ?? [])
        .map((fault) => `${route.method} ${route.path}: policy "${name}" cannot get its key: ${fault}.`),
    );
  }
}

function faultOf(
  route: DeclaredRoute,
  source: keyof SubjectMembers,
  member: string | undefined,
): string | null {
  if (member === undefined) return `@RateLimit() names no member for "${source}"`;
  const body = bodyTypeOf(route);
  const known = body && getMetadataStorage().getTargetValidationMetadatas(body, '', false, false);
  if (known?.some(({ propertyName }) => propertyName === member)) return null;
  return `@RateLimit() names "${member}" for "${source}", which the body does not have`;
}
