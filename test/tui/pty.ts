import {setTimeout as delay} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import * as pty from '@lydell/node-pty';
import headless from '@xterm/headless';
import type {SyntheticOptions} from './synthetic-source.ts';

const APP = fileURLToPath(new URL('fixture-app.tsx', import.meta.url));
const NODE_MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));

/** What a test asks of the program in the pty. */
export interface Launch {
  columns?: number;
  rows?: number;
  options?: SyntheticOptions & Record<string, unknown>;
  /** A program and its arguments in place of the test's app. */
  command?: readonly string[];
  /** With job control: a stopped program leaves its shell waiting for a line, after which it goes on. */
  jobs?: boolean;
  env?: Record<string, string>;
}

/** A program under a real pty, with a terminal emulator that shows what a user would see. */
export class Pty {
  /** Everything that was written, escape sequences included. */
  raw = '';
  exited: number | undefined;
  private readonly screen: headless.Terminal;
  private readonly child: pty.IPty;

  constructor({columns = 80, rows = 24, options = {}, command, jobs, env = {}}: Launch = {}) {
    const inherited = {...process.env, TERM: 'xterm-256color', LANG: 'C.UTF-8', TZ: 'UTC', ...env} as Record<
      string,
      string
    >;
    // Ink paints nothing when it believes in a CI, and colours must not depend on who runs the tests.
    for (const name of ['CI', 'NO_COLOR', 'LC_ALL', 'LC_CTYPE', 'FORCE_COLOR'])
      if (!(name in env)) delete inherited[name];
    // An interactive shell sets the terminal right after a stop; this one must be told to.
    const run = jobs
      ? 'set -m; as=$(stty -g); "$0" "$@"; echo "stopped $?"; stty -g; stty "$as"; read -r _; fg >/dev/null'
      : '"$0" "$@"; echo';
    const marks = `stty -g; ${run}; echo "rc $?"; stty -g`;
    const app = [process.execPath, '--import', 'tsx', APP, JSON.stringify(options)];
    const args = ['-c', marks, ...(command ?? app)];
    this.screen = new headless.Terminal({cols: columns, rows, allowProposedApi: true});
    this.child = pty.spawn(jobs ? '/bin/bash' : '/bin/sh', args, {
      cols: columns,
      rows,
      env: inherited,
      cwd: `${NODE_MODULES}/..`,
    });
    this.child.onData((data) => {
      this.raw += data;
      this.screen.write(data);
    });
    this.child.onExit(({exitCode}) => {
      this.exited = exitCode;
    });
  }

  /** The screen's lines as shown, right-trimmed. */
  get lines(): string[] {
    const {active} = this.screen.buffer;
    return Array.from(
      {length: this.screen.rows},
      (_, y) => active.getLine(active.viewportY + y)?.translateToString(true, 0, this.screen.cols) ?? '',
    );
  }

  get text(): string {
    return this.lines.join('\n');
  }

  /** The screen's cells, row by row. */
  get cells(): headless.IBufferCell[][] {
    const {active} = this.screen.buffer;
    const rows = Array.from({length: this.screen.rows}, (_, y) => active.getLine(active.viewportY + y));
    return rows.map((row) =>
      Array.from({length: this.screen.cols}, (_, x) => row?.getCell(x)).filter((cell) => cell !== undefined),
    );
  }

  get alternate(): boolean {
    return this.screen.buffer.active.type === 'alternate';
  }

  /** Column and foreground of the first cell of a text on screen; undefined when it isn't there. */
  find(text: string): {x: number; y: number; colour: number} | undefined {
    const y = this.lines.findIndex((line) => line.includes(text));
    if (y < 0) return undefined;
    const x = this.lines[y]!.indexOf(text);
    const {active} = this.screen.buffer;
    return {
      x,
      y,
      colour:
        active
          .getLine(active.viewportY + y)
          ?.getCell(x)
          ?.getFgColor() ?? -1,
    };
  }

  send(keys: string): void {
    this.child.write(keys);
  }

  resize(columns: number, rows: number): void {
    this.screen.resize(columns, rows);
    this.child.resize(columns, rows);
  }

  /** Closes the terminal as a vanished window does. */
  hangUp(): void {
    (this.child as unknown as {destroy(): void}).destroy();
    this.exited = -1;
  }

  /** Process ids of the program (children of the shell). */
  get program(): number {
    return Number(/PID (\d+)/.exec(this.raw)?.[1]);
  }

  /** Waits until the screen satisfies `want`; fails with the screen as it is. */
  async until(want: (text: string) => boolean, what: string, ms = 20_000): Promise<void> {
    for (const end = Date.now() + ms; Date.now() < end; await delay(30)) {
      if (want(this.text)) return;
    }
    throw new Error(`waited in vain for ${what}; the screen:\n${this.text}`);
  }

  /** Waits for text on screen. */
  async shows(text: string | RegExp): Promise<void> {
    await this.until((screen) => (typeof text === 'string' ? screen.includes(text) : text.test(screen)), String(text));
  }

  async end(ms = 20_000): Promise<void> {
    for (const end = Date.now() + ms; this.exited === undefined && Date.now() < end; ) await delay(30);
    await delay(50);
    if (this.exited === undefined) throw new Error(`did not end; the screen:\n${this.text}`);
  }

  /** The line settings before and after, as stty wrote them. */
  get settings(): string[] {
    return this.raw.match(/^[0-9a-f]+(?::[0-9a-f]+){10,}/gm) ?? [];
  }

  kill(): void {
    if (this.exited === undefined) this.child.kill('SIGKILL');
  }
}
