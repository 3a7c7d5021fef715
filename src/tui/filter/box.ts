import {visible} from '../../util/sanitize.ts';
import type {Filter} from './filter.ts';
import {FILTER_MAX, parseFilter} from './parse.ts';

/** The filter in force, and the text from which the next one is made while it is typed. */
export class FilterBox {
  /** What is shown; undefined shows all. */
  active: Filter | undefined;
  typed = '';
  /** What is wrong with what is typed; the last filter that could be read stays in force meanwhile. */
  problem: string | undefined;
  private before: Filter | undefined;

  /** Begins with the filter in force. */
  open(): void {
    this.before = this.active;
    this.typed = this.active?.text ?? '';
    this.problem = undefined;
  }

  /** Takes a key by its name, as `keyNames` makes it. */
  key(name: string): void {
    if (name === 'ctrl+u') this.set('');
    else if (name === 'backspace' || name === 'delete') this.set([...this.typed].slice(0, -1).join(''));
    else if (name === 'space') this.set(`${this.typed} `);
    else if ([...name].length === 1) this.set(this.typed + name);
  }

  /** Takes a pasted text, on one line. */
  paste(text: string): void {
    this.set(this.typed + visible(text.replace(/\s+/g, ' ')));
  }

  /** Whether what is typed can stay. */
  submit(): boolean {
    return this.problem === undefined;
  }

  /** Goes back to the filter from before. */
  cancel(): void {
    this.active = this.before;
  }

  private set(text: string): void {
    this.typed = text.slice(0, FILTER_MAX);
    const parsed = parseFilter(this.typed);
    this.problem = 'problem' in parsed ? parsed.problem : undefined;
    if ('filter' in parsed && parsed.filter?.text !== this.active?.text) this.active = parsed.filter;
  }
}
