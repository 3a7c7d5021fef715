const MAX_FRAMES = 8;

/** `io_schedule` of `io_schedule+0x46/0x70`; an address stays as it is. */
export function functionOf(frame: string): string {
  return frame.replace(/\+0x[0-9a-f]+(\/0x[0-9a-f]+)?/i, '');
}

/** A kernel stack in short, innermost function first: `io_schedule<-folio_wait_bit<-…`. Undefined when there is none. */
export function stackText(stack: readonly string[] | undefined): string | undefined {
  if (!stack?.length) return undefined;
  const names = stack.slice(0, MAX_FRAMES).map(functionOf);
  return [...names, ...(stack.length > MAX_FRAMES ? ['…'] : [])].join('<-');
}
