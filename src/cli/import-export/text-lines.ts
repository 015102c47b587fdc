import { CommandFailure, EXIT } from '../exit-codes.js';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/**
 * Yields the lines of a text in UTF-8, without a byte order mark. They end with LF or CRLF and with nothing else: `readline`
 * also splits at U+2028, U+2029 and a single CR, which JSON texts may contain (RFC 8259, section 7), so that later lines
 * would have other numbers than in an editor. Throws {@link CommandFailure} if a line is not UTF-8.
 */
export async function* textLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 0;
  const decoded = (text: Uint8Array) => {
    line += 1;
    try {
      return decoder.decode(text);
    } catch {
      throw new CommandFailure(EXIT.dataError, `Line ${line} is not text in UTF-8.`);
    }
  };
  let begun: Uint8Array[] = [];
  for await (const chunk of bytes) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      const rest = chunk.subarray(start, end);
      yield decoded(withoutReturn(begun.length === 0 ? rest : Buffer.concat([...begun, rest])));
      begun = [];
      start = end + 1;
    }
    if (start < chunk.length) begun.push(chunk.subarray(start));
  }
  if (begun.length > 0) yield decoded(Buffer.concat(begun));
}

const withoutReturn = (line: Uint8Array) => (line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line);
