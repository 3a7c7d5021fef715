/** The part of asciichart that is used; the package brings no types. */
declare module 'asciichart' {
  interface Config {
    /** Rows less one. */
    height?: number;
    min?: number;
    max?: number;
    /** Cells before the chart. */
    offset?: number;
    format?(value: number): string;
  }
  export function plot(series: readonly number[], config?: Config): string;
}
