import {type Launch, Pty} from './pty.ts';

/** Runs a program in a pty for as long as `body` takes; it is killed when that fails. */
export async function withPty(launch: Launch, body: (pty: Pty) => Promise<void>): Promise<void> {
  const pty = new Pty(launch);
  try {
    await body(pty);
  } finally {
    pty.kill();
  }
}
