import type {Readable, Writable} from 'node:stream';
import {StdioServerTransport} from '@modelcontextprotocol/sdk/server/stdio.js';
import type {JSONRPCMessage} from '@modelcontextprotocol/sdk/types.js';

/** The largest message that is taken: a spec has some hundred bytes. */
export const MESSAGE_BYTES = 1024 * 1024;

/** The SDK's own way over two pipes, with a bound on what it takes, and deaf to a client that doesn't read its answers. */
export class Stdio extends StdioServerTransport {
  readonly #input: Readable;
  readonly #output: Writable;
  #full = false;

  constructor(input: Readable, output: Writable) {
    super(input, output, {maxBufferSize: MESSAGE_BYTES});
    this.#input = input;
    this.#output = output;
  }

  override async send(message: JSONRPCMessage): Promise<void> {
    const sent = super.send(message);
    if (this.#output.writableNeedDrain && !this.#full) {
      this.#full = true;
      this.#input.pause();
      this.#output.once('drain', () => {
        this.#full = false;
        this.#input.resume();
      });
    }
    await sent;
  }
}
