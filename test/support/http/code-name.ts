/** What the service answered. */
export interface Answer {
  readonly statusCode: number;
  readonly json: () => { code?: string };
}

/** The status of a success, and the code of a problem. */
export function codeName(answer: Answer): number | string {
  return answer.statusCode < 400 ? answer.statusCode : String(answer.json().code);
}
