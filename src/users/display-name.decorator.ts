import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';
import { codePointsOf, isBoundedText } from '../platform/http/validation/bounded-text.js';

const MAX_CODE_POINTS = 80;

/** Letters, marks, numbers, punctuation, symbols and spaces; no control, format-override or unpaired characters. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}\u200c\u200d]+$/u;

/** At least one visible character; joiners, fillers and blanks of all kinds do not count. */
const VISIBLE = /[^\p{Z}\p{M}\p{C}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** Validates a display name: NFC, trimmed, 1 to 80 code points, without characters that could fake a line or reverse text. */
export const IsDisplayName = () => IsPrintableText('displayName', MAX_CODE_POINTS);

/** Validates a name that a person chose, as {@link IsDisplayName} does, with another limit. */
export const IsPrintableText = (name: string, maxCodePoints: number) =>
  applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      isBoundedText(value, maxCodePoints) ? value.normalize('NFC').trim() : value,
    ),
    ValidateBy({
      name,
      validator: {
        validate: (value: unknown) =>
          isBoundedText(value, maxCodePoints) &&
          PRINTABLE.test(value) &&
          VISIBLE.test(value) &&
          codePointsOf(value) <= maxCodePoints,
        defaultMessage: () => `$property must be text of 1 to ${maxCodePoints} printable characters`,
      },
    }),
  );
