/** One event of a `text/event-stream`. */
export interface ServerSentEvent {
  readonly id: string | null;
  readonly event: string;
  readonly data: string;
}

/** The values of an NDJSON answer, one for each line that is not empty. Ends with the answer; leaving the loop closes it. */
export async function* jsonLines(response: Response): AsyncGenerator<unknown, void, undefined> {
  for await (const line of linesOf(response)) if (line.trim() !== '') yield JSON.parse(line);
}

/** The events of a `text/event-stream` (HTML, section 9.2.6), without reconnecting. */
export async function* serverSentEvents(
  response: Response,
): AsyncGenerator<ServerSentEvent, void, undefined> {
  let id: string | null = null;
  let event = '';
  let data: string[] = [];
  for await (const line of linesOf(response)) {
    if (line === '') {
      if (data.length > 0) yield { id, event: event || 'message', data: data.join('\n') };
      [event, data] = ['', []];
      continue;
    }
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line)!;
    if (field === 'data') data.push(value);
    else if (field === 'event') event = value;
    else if (field === 'id') id = value;
  }
}

async function* linesOf(response: Response): AsyncGenerator<string, void, undefined> {
  const reader = response.body!.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      const lines = (rest + decoder.decode(value, { stream: !done })).split(/\r\n|\n/);
      rest = lines.pop()!;
      yield* lines;
      if (!done) continue;
      if (rest !== '') yield rest;
      return;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
