import { Body, type PipeTransform, type Type } from '@nestjs/common';
import type { FieldFault } from '../../errors/problem.js';
import { faultsIn, invalid, StrictValidationPipe } from './validation.pipe.js';

/** How many items a list may have. */
interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** Validates a body that is a list, each item as a body of its own; a fault's pointer begins with the index of its item. */
export class StrictListPipe implements PipeTransform {
  private readonly items = new StrictValidationPipe();

  constructor(
    private readonly type: Type,
    private readonly bounds: Bounds,
  ) {}

  /** Throws `validation_failed`. */
  async transform(value: unknown): Promise<unknown[]> {
    const { min, max } = this.bounds;
    if (!Array.isArray(value) || value.length < min || value.length > max)
      throw invalid([{ pointer: '#', detail: `the body must be a list of ${min} to ${max} items` }]);
    const items: unknown[] = [];
    const faults: FieldFault[] = [];
    for (const [index, item] of value.entries()) {
      const metadata = { type: 'body', metatype: this.type } as const;
      await this.items.transform(item, metadata).then(
        (valid) => void items.push(valid),
        (error: unknown) => void faults.push(...faultsIn(error).map((fault) => below(index, fault))),
      );
    }
    if (faults.length > 0) throw invalid(faults);
    return items;
  }
}

const below = (index: number, { pointer, detail }: FieldFault): FieldFault => ({
  pointer: `#/${index}${pointer.slice(1)}`,
  detail,
});

/** Injects a body that is a list of these items. Add `@ApiBody()`: the type of the items is not known otherwise. */
export const ListBody = (type: Type, bounds: Bounds) => Body(new StrictListPipe(type, bounds));
