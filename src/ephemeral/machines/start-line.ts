/** What the line of a start says and only the running service knows. */
export class StartLine {
  /** The key of the administrating service account; empty until the service is ready. */
  adminKey = '';
}
