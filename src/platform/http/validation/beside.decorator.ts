import { ValidateBy, type ValidationArguments } from 'class-validator';

type Condition = (body: object) => boolean;

/** A member that is allowed only in a body that meets a condition; `what` names it in the message. */
export const OnlyBeside = (what: string, holds: Condition) =>
  beside(holds, `$property is allowed only beside ${what}`);

/** A member that is not allowed in a body that meets a condition; `what` names it in the message. */
export const NotBeside = (what: string, holds: Condition) =>
  beside((body) => !holds(body), `$property is not allowed beside ${what}`);

function beside(allows: Condition, message: string): PropertyDecorator {
  return ValidateBy({
    name: 'beside',
    validator: {
      validate: (_, { object }: ValidationArguments) => allows(object),
      defaultMessage: () => message,
    },
  });
}
