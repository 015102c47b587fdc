/** The part of the line printed at the start that is known only once the service runs. */
export class StartLine {
  /** The key of the administrating service account; empty until the service is ready. */
  adminKey = '';
}
