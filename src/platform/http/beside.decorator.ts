import { ValidateBy, type ValidationArguments } from 'class-validator';

/** A member that is allowed only in a body that meets a condition, or only in one that does not. */
export const Beside = (what: string, holds: (body: object) => boolean, allowed: boolean) =>
  ValidateBy({
    name: 'beside',
    validator: {
      validate: (_, { object }: ValidationArguments) => holds(object) === allowed,
      defaultMessage: () => `$property ${allowed ? 'is allowed only' : 'is not allowed'} beside ${what}`,
    },
  });
