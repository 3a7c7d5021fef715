import {visibleUpTo} from '../../util/sanitize.ts';
import {lineText} from './lines.ts';

/** Lines that are told, and characters of each. */
const MOST = 8;
const MOST_CHARACTERS = 300;
/**
 * Versions up to 0.20 say so on every kernel where the limit can't be raised. Since Linux 5.11 it bounds no BPF memory, so that it
 * means something only where loading fails.
 */
const MEMLOCK = /couldn't set RLIMIT_MEMLOCK/;
const LOST = /^Lost (\d{1,15}) events$/;

/** What bpftrace says beside its output, bounded and safe to show. */
export class Complaints {
  /** Events that it says it lost. */
  lost = 0;
  readonly #lines: string[] = [];
  #more = 0;
  #error?: string;
  #memlock?: string;

  /** @param line one character a byte */
  addLine(line: string): void {
    const text = lineText(line).trim();
    const lost = LOST.exec(text);
    if (lost) this.lost += Number(lost[1]);
    else if (text !== '') this.add(text);
  }

  add(text: string): void {
    const shown = visibleUpTo(text, MOST_CHARACTERS);
    if (MEMLOCK.test(text)) {
      this.#memlock ??= shown;
      return;
    }
    if (this.#error === undefined && /\bERROR:/.test(text)) this.#error = shown;
    if (this.#lines.length < MOST) this.#lines.push(shown);
    else this.#more++;
  }

  /** At most a few lines. */
  get lines(): string[] {
    return this.#more > 0 ? [...this.#lines, `… and ${this.#more} more lines`] : [...this.#lines];
  }

  /** What probably made it fail. */
  get reason(): string | undefined {
    return this.#error ?? this.#lines.at(-1) ?? this.#memlock;
  }
}
