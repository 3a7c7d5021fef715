export default {
  files: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
  extensions: {ts: 'module', tsx: 'module'},
  nodeArguments: ['--import=tsx'],
  workerThreads: false,
  // Nothing is written beside the sources, whoever runs the tests.
  cache: false,
  timeout: '2m',
};
