import { createParamDecorator, type ExecutionContext, UseGuards } from '@nestjs/common';
import type { Verified } from '@portcullis/verify';
import { authenticate, type Requirements } from '@portcullis/verify/nestjs';
import type { Request } from 'express';
import { verifier } from './verifier.js';

/** Lets in callers who meet the requirements. */
export const Allow = (requirements: Requirements) => UseGuards(authenticate(verifier, requirements));

/** Who sent the request. */
export const Caller = createParamDecorator(
  (_data: unknown, context: ExecutionContext): Verified | undefined =>
    context.switchToHttp().getRequest<Request & { auth?: Verified }>().auth,
);
