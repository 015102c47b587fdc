/** Sends JSON and returns the JSON of a 2xx response with its headers; throws otherwise. */
export async function postJson(url, body, headers = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`);
  return { body: JSON.parse(text), headers: response.headers };
}

/** A request in autocannon's format, with a JSON body. */
export function jsonRequest(path, body, headers = {}) {
  return {
    method: 'POST',
    path,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
}
