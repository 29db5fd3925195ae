import { planSandbox } from './filled-sandbox.js';
import { machineMs, until, usage } from './measures.js';
import type { ClusterReport, ToCluster } from './messages.js';

/** One sandbox, started and asked by clusters-at-load. */

export const WRITTEN_AT = 'bench.example.com/written-at';
const TICK_MS = 10;

const [name = 'bench', pods = '5000'] = process.argv.slice(2);
const { sandbox, fill, isReady } = await planSandbox(name, Number(pods));
let changing: NodeJS.Timeout | undefined;

const startChanging = (perSecond: number): void => {
  const names = sandbox.api.list('pods').map(({ metadata }) => metadata);
  const startedAt = Date.now();
  let done = 0;
  changing = setInterval(() => {
    for (const due = ((Date.now() - startedAt) / 1000) * perSecond; done < due; done += 1) {
      const { namespace, name: podName } = names[done % names.length] as (typeof names)[number];
      const pod = sandbox.api.get('pods', namespace, podName);
      if (!pod) continue;
      const annotations = { ...pod.metadata.annotations, [WRITTEN_AT]: String(machineMs()) };
      sandbox.api.update('pods', { ...pod, metadata: { ...pod.metadata, annotations } });
    }
  }, TICK_MS);
};

const report = (): ClusterReport => ({
  ...usage(),
  watches: sandbox.requests.openWatches(),
  lists: sandbox.requests.count(({ method, path }) => method === 'GET' && !/[?&]watch=/.test(path)),
});

process.on('message', (message: ToCluster) => {
  switch (message.type) {
    case 'fill':
      fill();
      void until(isReady, 900_000).then(() => process.send?.({ type: 'filled' }));
      return;
    case 'rest':
      clearInterval(changing);
      sandbox.compact();
      return;
    case 'change':
      startChanging(message.perSecond);
      return;
    case 'report':
      process.send?.({ type: 'report', report: report() });
      return;
    case 'stop':
      clearInterval(changing);
      void sandbox.dispose().then(() => process.disconnect());
  }
});
process.send?.({ type: 'started', url: sandbox.url, token: sandbox.token });
