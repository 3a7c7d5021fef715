/** Parts of the tools' schemas that several have. Rows of the stream are open: fields may be added to them. */
import * as z from 'zod';

/** Kernel process numbers. */
export const pid = () => z.int().min(1).max(4_194_304);

/** The kernel keeps 15 bytes of a task's name. */
export const comm = () =>
  z
    .string()
    .min(1)
    .refine((name) => Buffer.byteLength(name) <= 15 && !name.includes('\0'), 'at most 15 bytes, as in /proc/PID/comm');

/** Free text of a user, without the zero byte that no kernel string can hold. */
export const text = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .refine((value) => !value.includes('\0'), 'it holds a zero byte');

/** Whom a tool looks at alone; all of it holds in the kernel. */
export const whom = {
  pid: pid().optional().describe('Only this process'),
  comm: comm().optional().describe('Only tasks of this name, exactly as in /proc/PID/comm'),
  container: text(256).optional().describe('Only this container: name, pod/name, id or its begin'),
};

export const note = z.string().describe('How to read the strings below');
export const leftOut = z
  .record(z.string(), z.number())
  .optional()
  .describe('How many entries of a list were left out to keep the answer short');

export const container = z.looseObject({
  id: z.string(),
  name: z.string().optional(),
  pod: z.string().optional(),
  namespace: z.string().optional(),
});

export const probe = z.looseObject({
  id: z.string(),
  subsystem: z.string(),
  state: z.enum(['attached', 'degraded', 'off', 'paused', 'unavailable']),
  method: z.string().optional().describe('How it is attached'),
  reason: z.string().optional().describe("Why it isn't attached, or what a lesser method loses"),
});
