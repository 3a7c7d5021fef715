import {Client} from '@modelcontextprotocol/sdk/client/index.js';
import {StdioClientTransport} from '@modelcontextprotocol/sdk/client/stdio.js';
import type {ExecutionContext} from 'ava';
import {environment, PROGRAM} from './kstop.ts';
import {SLOW} from './wait.ts';

/** What a tool gave, as a client has it. */
export interface Given {
  text: string;
  isError: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: tests say by what they read what it should be
  content: any;
}

/** `kstop mcp` with the SDK's own client at the other end of its pipes. */
export class Mcp {
  stderr = '';

  private constructor(
    readonly client: Client,
    private readonly transport: StdioClientTransport,
  ) {
    transport.stderr?.on('data', (text: Buffer) => {
      this.stderr += text.toString();
    });
  }

  /** `through`: a command that ends by becoming kstop. */
  static async start(t: ExecutionContext, args: readonly string[] = [], through: readonly string[] = []): Promise<Mcp> {
    const budget = args.includes('--max-overhead') ? [] : ['--max-overhead', '100'];
    const [command, ...words] = [...through, ...PROGRAM, 'mcp', ...budget, ...args];
    const env = Object.fromEntries(Object.entries(environment()).map(([name, value]) => [name, value ?? '']));
    const transport = new StdioClientTransport({command: command!, args: words, env, stderr: 'pipe'});
    const mcp = new Mcp(new Client({name: 'kstop-test', version: '1'}), transport);
    t.teardown(() => mcp.client.close());
    await mcp.client.connect(transport, {timeout: 20_000 * SLOW});
    // From here on the client holds results to the published schemas.
    await mcp.client.listTools();
    return mcp;
  }

  get pid(): number {
    return this.transport.pid ?? 0;
  }

  async call(name: string, args: object = {}, options: Parameters<Client['callTool']>[2] = {}): Promise<Given> {
    const more = {timeout: 100_000 * SLOW, ...options};
    const result = await this.client.callTool({name, arguments: {...args}}, undefined, more);
    const [block] = result.content as {text: string}[];
    return {text: block?.text ?? '', isError: result.isError === true, content: result.structuredContent};
  }
}
