/** Returns a text as it may be written to a terminal, which would obey control characters, for example in names of files. */
export const shown = (text: string): string =>
  text.replaceAll(/\p{C}/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
