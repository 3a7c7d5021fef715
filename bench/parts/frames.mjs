/** What a frame costs on a machine of 512 CPUs, 10,000 processes and 1,000 containers, and whether the heap stays flat. */
import {built, nodeFlags, output} from '../lib/process.mjs';
import {figure, truth} from '../lib/report.mjs';
import {percentile} from '../lib/stats.mjs';

const HEAP_MB = 2;

/** The part `frames`. */
export async function frames({quick}) {
  const command = [process.execPath, '--expose-gc', ...nodeFlags(), built('frames.mjs'), quick ? '1000' : '10000'];
  const {times, heap, clears} = JSON.parse(await output(command));
  const whole = times.model.map((ms, i) => ms + times.paint[i]);
  const mb = heap.map((bytes) => bytes / 1e6);
  const ms = {unit: 'ms', digits: 2};
  return [
    figure('a frame, model and paint', whole, {...ms, most: 10}),
    figure('the same at p99', [percentile(whole, 99)], {...ms, most: 10}),
    figure('of it the model', times.model, ms),
    figure('of it the paint, 200×60', times.paint, ms),
    figure(`heap after a collection: largest less smallest of ${mb.length}`, [Math.max(...mb) - Math.min(...mb)], {
      unit: 'MB',
      most: 2 * HEAP_MB,
    }),
    truth('no frame clears the whole screen', 1, clears > 0 ? [`${clears} did`] : []),
  ];
}
