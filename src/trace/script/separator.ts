import {randomBytes} from 'node:crypto';

/** What stands before each part of an event. Nobody who names a process or a file can know it. */
export function randomSeparator(): string {
  return `|${randomBytes(6).toString('hex')}|`;
}
