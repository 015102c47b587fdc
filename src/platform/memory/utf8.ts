/** The most bytes that one UTF-16 code unit takes in UTF-8. */
export const UTF8_BYTES_PER_UNIT = 3;
