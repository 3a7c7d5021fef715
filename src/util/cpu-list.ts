/** CPUs of a list as the kernel writes it (`2-5,7`), at most `max` of them. What isn't one is left out. */
export function cpusOf(list: string, max = 8192): number[] {
  const cpus: number[] = [];
  for (const part of list.split(',')) {
    const [, low, high] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part.trim()) ?? [];
    if (low === undefined) continue;
    for (let cpu = Number(low); cpu <= Number(high ?? low) && cpus.length < max; cpu++) cpus.push(cpu);
  }
  return cpus;
}
