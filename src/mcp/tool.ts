import type {McpServer} from '@modelcontextprotocol/sdk/server/mcp.js';
import type * as z from 'zod';
import {type Call, callOf} from './call.ts';
import {type Answer, refusal, reply} from './reply.ts';
import type {Turns} from './turns.ts';

/** One tool: what the client is told of it, and what it does. */
export interface Tool<Input extends z.ZodRawShape, Output extends z.ZodRawShape> {
  name: string;
  title: string;
  description: string;
  input: z.ZodObject<Input>;
  output: z.ZodObject<Output>;
  /** May throw a Problem: that is an answer too. */
  run(input: z.output<z.ZodObject<Input>>, call: Call): Promise<Answer>;
}

/** All of them only look, at this host alone, and find something else each time. */
const ANNOTATIONS = {readOnlyHint: true, destructiveHint: false, idempotentHint: false, openWorldHint: false};

/** Offers a tool to the client. Its calls run in turns, and end when `ending` does. */
export function offer<Input extends z.ZodRawShape, Output extends z.ZodRawShape>(
  server: McpServer,
  tool: Tool<Input, Output>,
  {turns, ending}: {turns: Turns; ending: AbortSignal},
): void {
  const {name, title, description, input: inputSchema, output: outputSchema} = tool;
  server.registerTool(
    name,
    {title, description, inputSchema, outputSchema, annotations: {title, ...ANNOTATIONS}},
    // The SDK's own type of this is beyond what TypeScript infers of a generic shape.
    (async (input: z.output<z.ZodObject<Input>>, extra: Parameters<typeof callOf>[0]) => {
      try {
        const call = callOf(extra, ending);
        return reply(await turns.run(call.signal, () => tool.run(input, call)));
      } catch (error) {
        return refusal(error);
      }
    }) as never,
  );
}
