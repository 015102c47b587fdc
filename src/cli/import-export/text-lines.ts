import { CommandFailure, EXIT } from '../exit-codes.js';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** The most that a UTF-16 code unit, as JavaScript counts characters, takes in UTF-8. */
const BYTES_PER_CHARACTER = 3;

/**
 * Yields the lines of a text in UTF-8, without a byte order mark. They end with LF or CRLF and with nothing else: `readline`
 * also splits at U+2028, U+2029 and a single CR, which JSON texts may contain (RFC 8259, section 7), so that later lines
 * would have other numbers than in an editor. Of a line that is longer than `longest` characters, nothing is kept, and so many
 * blanks are yielded that the reader refuses it, too. Throws {@link CommandFailure} if another line is not UTF-8.
 */
export async function* textLines(bytes: AsyncIterable<Uint8Array>, longest: number): AsyncGenerator<string> {
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
  const begun = new BegunLine(longest * BYTES_PER_CHARACTER);
  const ended = () => {
    const text = begun.take();
    if (text) return decoded(withoutReturn(text));
    line += 1;
    return ' '.repeat(longest + 1);
  };
  for await (const chunk of bytes) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      begun.append(chunk.subarray(start, end));
      yield ended();
      start = end + 1;
    }
    begun.append(chunk.subarray(start));
  }
  if (!begun.isEmpty) yield ended();
}

/** The parts of a line that have arrived; nothing of it once it is too long. */
class BegunLine {
  private parts: Uint8Array[] = [];
  private length = 0;

  /** In bytes. */
  constructor(private readonly longest: number) {}

  get isEmpty(): boolean {
    return this.length === 0;
  }

  append(part: Uint8Array): void {
    this.length += part.length;
    if (this.length <= this.longest) this.parts.push(part);
    else this.parts = [];
  }

  /** Returns the line, or null if it is too long, and begins the next one. */
  take(): Uint8Array | null {
    const whole = this.length <= this.longest ? Buffer.concat(this.parts) : null;
    this.parts = [];
    this.length = 0;
    return whole;
  }
}

const withoutReturn = (line: Uint8Array) => (line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line);
