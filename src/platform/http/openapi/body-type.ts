import type { Type } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import type { DeclaredRoute } from '../routes/route-walk.js';

/** Nest's metadata of a parameter: its kind and position, such as `3:0`, and the member it takes. */
const BODY_PARAMETER = /^3:(\d+)$/;

/** Returns the class that validates a route's body; undefined for a route without a body. */
export function bodyTypeOf({
  controller,
  name,
}: Pick<DeclaredRoute, 'controller' | 'name'>): Type | undefined {
  const parameters = Object.keys(
    (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, name) ?? {}) as object,
  );
  const place = parameters.flatMap((parameter) => BODY_PARAMETER.exec(parameter)?.[1] ?? [])[0];
  const types = Reflect.getMetadata('design:paramtypes', controller.prototype as object, name) as
    Type[] | undefined;
  return place === undefined ? undefined : types?.[Number(place)];
}
