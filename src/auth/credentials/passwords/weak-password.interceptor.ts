import {
  applyDecorators,
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  SetMetadata,
  UseInterceptors,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { catchError, type Observable } from 'rxjs';
import { isBoundedText } from '../../../platform/http/validation/bounded-text.js';
import { memberPointer } from '../../../platform/http/validation/json-pointer.js';
import { PlatformErrors } from '../../../platform/errors/platform.errors.js';
import { type FieldFault, isProblem, Problem } from '../../../platform/errors/problem.js';
import { NewPassword } from './new-password.js';

const MEMBER = Symbol('member with a new password');

/** Maximum length of an address whose parts are searched for in the password. */
const MAX_EMAIL = 254;

/**
 * Adds the weakness of a new password to the other faults of a body, so that one response names every invalid member. If there
 * are no other faults, the service judges the password.
 */
@Injectable()
class WeakPasswordInterceptor implements NestInterceptor {
  constructor(
    private readonly passwords: NewPassword,
    private readonly reflector: Reflector,
  ) {}

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      catchError(async (error: unknown) => {
        const errors = validationFaults(error);
        if (!errors) throw error;
        const member = this.reflector.get<string>(MEMBER, execution.getHandler());
        const { body } = execution.switchToHttp().getRequest<FastifyRequest>();
        const weakness = await this.weaknessOf(member, body, errors);
        throw weakness
          ? new Problem(PlatformErrors.validation_failed, { errors: [...errors, weakness] })
          : error;
      }),
    );
  }

  /** Returns null if the member already has a fault, for example its length. Such a password is not judged. */
  private async weaknessOf(
    member: string,
    body: unknown,
    errors: readonly FieldFault[],
  ): Promise<FieldFault | null> {
    const pointer = memberPointer('#', member);
    if (typeof body !== 'object' || body === null || errors.some((fault) => fault.pointer === pointer))
      return null;
    const { [member]: password, email } = body as Record<string, unknown>;
    if (typeof password !== 'string') return null;
    const detail = await this.passwords.faultOf(password, isBoundedText(email, MAX_EMAIL) ? email : '');
    return detail === null ? null : { pointer, detail };
  }
}

/** Declares which member of the route's body is a new password, so that its weakness is reported along with other faults. */
export const NewPasswordMember = (member: string) =>
  applyDecorators(SetMetadata(MEMBER, member), UseInterceptors(WeakPasswordInterceptor));

function validationFaults(error: unknown): readonly FieldFault[] | null {
  if (!isProblem(error, PlatformErrors.validation_failed)) return null;
  return error.occurrence.errors ?? null;
}
