/**
 * Something that the user can understand and act on. Everything that kstop tells on stderr or in an `error` object
 * has these three parts; other errors are bugs.
 */
export class Problem extends Error {
  override name = 'Problem';
  /** What failed, e.g. the file's name or the flag. */
  readonly what: string;
  /** The reason, in a few words. */
  readonly why: string;
  /** What the user can do about it. */
  readonly remedy?: string;

  constructor(what: string, why: string, remedy?: string) {
    super(`${what}: ${why}`);
    this.what = what;
    this.why = why;
    this.remedy = remedy;
  }
}
