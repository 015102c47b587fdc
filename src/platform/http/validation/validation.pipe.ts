import { ValidationPipe, type ArgumentMetadata, type ValidationError } from '@nestjs/common';
import { PlatformErrors } from '../../errors/platform.errors.js';
import { type FieldFault, Problem } from '../../errors/problem.js';
import { boundedName, memberPointer } from './json-pointer.js';

/**
 * Refuses members that a DTO does not declare and values that it does not allow; reports each fault by its JSON Pointer.
 * A body that is a list is left to the pipe of `@ListBody()`.
 */
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
    if (metadata.type === 'body' && metadata.metatype === Array) return value;
    if (metadata.type === 'body' && value !== undefined && !isObject(value)) {
      throw invalid([{ pointer: '#', detail: 'the body must be a JSON object' }]);
    }
    const inherited = isObject(value) ? inheritedNames(value) : [];
    if (inherited.length === 0) return (await super.transform(value, metadata)) as unknown;
    const further = await super.transform(value, metadata).then(() => [], faultsIn);
    throw invalid([
      ...inherited.map(faultOf),
      ...further.filter(({ pointer }) => !inherited.includes(pointer)),
    ]);
  }
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Most faults that a problem names; a body can have hundreds, and a query thousands. */
const MAX_FAULTS = 200;

/** The rule of class-validator whose message repeats a name that the client chose. */
const UNKNOWN_MEMBER = 'whitelistValidation';

/** Returns `validation_failed` with these faults; the first of them, if there are very many. */
export const invalid = (errors: FieldFault[]) =>
  new Problem(PlatformErrors.validation_failed, { errors: errors.slice(0, MAX_FAULTS) });

/** Returns pointers of members that Nest and class-transformer skip, such as `constructor`; they would be accepted unchecked. */
function inheritedNames(value: object): string[] {
  const names = Object.keys(value).filter((name) => name in Object.prototype || name === 'prototype');
  return names.map((name) => memberPointer('#', name));
}

const faultOf = (pointer: string): FieldFault => ({
  pointer,
  detail: unknownMember(pointer.slice('#/'.length)),
});

const unknownMember = (name: string) => `property ${boundedName(name)} should not exist`;

/** Returns the faults of a refusal; rethrows anything else. */
export function faultsIn(error: unknown): readonly FieldFault[] {
  if (error instanceof Problem && error.occurrence.errors) return error.occurrence.errors;
  throw error;
}

function faultsOf(errors: readonly ValidationError[], parent = '#'): FieldFault[] {
  return errors.flatMap((error) => {
    const pointer = memberPointer(parent, error.property);
    const own = Object.entries(error.constraints ?? {}).map(([rule, detail]) => ({
      pointer,
      detail: rule === UNKNOWN_MEMBER ? unknownMember(error.property) : detail,
    }));
    return [...own, ...faultsOf(error.children ?? [], pointer)];
  });
}
