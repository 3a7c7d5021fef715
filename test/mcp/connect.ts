import {Client} from '@modelcontextprotocol/sdk/client/index.js';
import {InMemoryTransport} from '@modelcontextprotocol/sdk/inMemory.js';
import type {ExecutionContext} from 'ava';
import {type McpOptions, serve} from '../../src/mcp/index.ts';

/** What a tool gave, as this client has it. */
export interface Given {
  text: string;
  isError: boolean;
  content: Record<string, unknown>;
}

/** The server with the SDK's own client at its other end, in one process. */
export async function connect(t: ExecutionContext, options: Partial<McpOptions>) {
  const [there, here] = InMemoryTransport.createLinkedPair();
  const ending = new AbortController();
  const missing = (): never => {
    throw new Error('not in this test');
  };
  const whole: McpOptions = {
    version: 'test',
    open: missing,
    desk: missing,
    warn: () => {},
    allowTrace: false,
    allowData: false,
    ...options,
  };
  const served = serve(whole, there, ending.signal);
  const client = new Client({name: 'test', version: '1'});
  await client.connect(here);
  const end = async (): Promise<void> => {
    ending.abort();
    await served;
  };
  t.teardown(end);
  const call = async (
    name: string,
    args: object = {},
    more: Parameters<Client['callTool']>[2] = {},
  ): Promise<Given> => {
    const result = await client.callTool({name, arguments: {...args}}, undefined, more);
    const [block] = result.content as {type: string; text: string}[];
    return {
      text: block?.text ?? '',
      isError: result.isError === true,
      content: (result.structuredContent ?? {}) as Record<string, unknown>,
    };
  };
  return {client, call, end};
}
