import * as pty from '@lydell/node-pty';
import {REPO} from './process.mjs';

const SIZE = {cols: 120, rows: 40};

/** What decides whether and how a program paints. */
function environment() {
  const env = {...process.env, TERM: 'xterm-256color', LANG: 'C.UTF-8'};
  // Ink paints nothing when it believes in a CI.
  for (const name of ['CI', 'NO_COLOR', 'FORCE_COLOR']) delete env[name];
  return env;
}

const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A program in a pseudo-terminal of 120x40 or another size, its output read and dropped but for what is asked for. */
export class Terminal {
  constructor([command, ...args], size = SIZE) {
    this.started = performance.now();
    this.child = pty.spawn(command, args, {...size, env: environment(), cwd: REPO});
    running.add(this.child);
    this.bytes = 0;
    this.frames = 0;
    this.text = '';
    this.wanted = [];
    this.ended = new Promise((resolve) => {
      this.child.onExit(({exitCode}) => {
        running.delete(this.child);
        resolve(exitCode);
      });
    });
    this.child.onData((data) => this.take(data));
  }

  get pid() {
    return this.child.pid;
  }

  take(data) {
    this.bytes += Buffer.byteLength(data);
    this.frames += data.split('\x1b[?2026h').length - 1;
    if (this.wanted.length === 0) return;
    this.text += data;
    this.wanted = this.wanted.filter(({pattern, resolve}) => {
      const seen = pattern.test(this.text);
      if (seen) resolve(performance.now() - this.started);
      return !seen;
    });
  }

  /** Milliseconds from exec until the output matches; to be asked before anything is awaited. */
  shows(pattern, timeoutMs = 15_000) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`never showed ${pattern}: ${this.text.slice(0, 200)}`)),
        timeoutMs,
      );
      this.wanted.push({
        pattern,
        resolve: (ms) => {
          clearTimeout(timer);
          resolve(ms);
        },
      });
    });
  }

  /** Presses a key; milliseconds until output that matches. */
  async key(key, pattern) {
    this.text = '';
    const at = performance.now() - this.started;
    const shown = this.shows(pattern);
    this.child.write(key);
    return (await shown) - at;
  }

  /** Ends the program as Ctrl-C does, or by force after ten seconds. */
  async stop() {
    this.child.kill('SIGINT');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 10_000);
    await this.ended;
    clearTimeout(timer);
  }
}
