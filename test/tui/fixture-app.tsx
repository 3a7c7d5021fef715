/**
 * The screen over a synthetic source, or over the recording that `recording` names, for the pty tests:
 * `fixture-app.tsx [JSON of SyntheticOptions]`. Prints how it ended and what was asked of the source.
 */
import process from 'node:process';
import {Model} from '../../src/model/model.ts';
import {openRecording} from '../../src/sources/recording.ts';
import {runTui} from '../../src/tui/index.tsx';
import {SyntheticSource} from './synthetic-source.ts';

const options = JSON.parse(process.argv[2] ?? '{}');
const synthetic = new SyntheticSource(options);
const source = options.recording ? await openRecording({file: options.recording, pace: 'paced'}) : synthetic;
const model = new Model();
if (options.noise) setInterval(() => console.log('NOISE on the console'), 50).unref();
if (options.throwLater) setTimeout(() => fail('uncaught, as it was asked to be'), 1500).unref();
if (options.throwInModel) model.apply = () => fail('the model threw as it was asked to');
if (options.throwInView) {
  Object.defineProperty(model.state, 'findings', {get: () => fail('a view threw as asked'), set: () => {}});
}

console.log(`PID ${process.pid}`);
const {exportDir} = options;
const {theme, mouse} = options;
const reason = await runTui({source, model, theme, mouse, stdin: process.stdin, stdout: process.stdout, exportDir});
await source.close();
console.log(`ended ${JSON.stringify(reason)} ${'error' in reason ? reason.error.message : ''}`);
console.log(`calls ${synthetic.calls.join(', ')}`);
process.exit(0);

function fail(why: string): never {
  throw new Error(why);
}
