import { ValidationPipe, type ArgumentMetadata, type ValidationError } from '@nestjs/common';
import { PlatformErrors } from '../errors/platform.errors.js';
import { type FieldFault, Problem } from '../errors/problem.js';
import { memberPointer } from './json-pointer.js';

/** Refuses what a DTO does not declare and what it declares otherwise; every fault by its JSON Pointer. */
export class StrictValidationPipe extends ValidationPipe {
  constructor() {
    super({
      transform: true,
      whitelist: true,
      forbidNonWhitelisted: true,
      forbidUnknownValues: true,
      stopAtFirstError: true,
      validationError: { target: false, value: false },
      exceptionFactory: (errors) => invalid(faultsOf(errors)),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'body' && value !== undefined && !isObject(value)) {
      throw invalid([{ pointer: '#', detail: 'the body must be a JSON object' }]);
    }
    const inherited = isObject(value) ? inheritedNames(value) : [];
    if (inherited.length > 0) throw invalid(inherited);
    return (await super.transform(value, metadata)) as unknown;
  }
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const invalid = (errors: FieldFault[]) => new Problem(PlatformErrors.validation_failed, { errors });

/** Members that Nest and class-transformer pass over, `constructor` for example: they would be accepted unseen. */
function inheritedNames(value: object): FieldFault[] {
  const names = Object.keys(value).filter((name) => name in Object.prototype || name === 'prototype');
  return names.map((name) => ({ pointer: `#/${name}`, detail: `property ${name} should not exist` }));
}

function faultsOf(errors: readonly ValidationError[], parent = '#'): FieldFault[] {
  return errors.flatMap((error) => {
    const pointer = memberPointer(parent, error.property);
    const own = Object.values(error.constraints ?? {}).map((detail) => ({ pointer, detail }));
    return [...own, ...faultsOf(error.children ?? [], pointer)];
  });
}
