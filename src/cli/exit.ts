/** Exit codes of every command (the public contract). */
export const EXIT = {
  /** Ended by duration, `q`, Ctrl-C or SIGTERM, or the reader closed the pipe. */
  ok: 0,
  /** Failed while running. */
  failed: 1,
  /** Bad usage, bad file, bad configuration. */
  usage: 2,
  /** `--check`: a subsystem was at WARNING or worse at any time. */
  checkStatus: 3,
  /** `--check`: it wasn't, but a requested probe was not attached throughout, or events were lost. */
  checkBlind: 4,
  /** This user or kernel can't run any probe at all. */
  cannotRun: 77,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
