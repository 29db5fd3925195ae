import { describe, expect, it } from 'vitest';
import type { ConfigMap, StatefulSet } from '../../shared/kubernetes/resources.js';
import { builtInCatalogue, Catalogue } from './catalogue.js';
import {
  labelsOf,
  type ManifestSubject,
  podLabelsOf,
  renderSecret,
  renderWorkload,
} from './manifest-rendering.js';
import type { Offering } from './offering.js';

const catalogue = Catalogue.load([builtInCatalogue()]);
const subjectOf = (offering: Offering, changed: Partial<ManifestSubject> = {}): ManifestSubject => ({
  id: 'instance_1',
  name: 'store',
  namespace: 'shop-dev',
  credentialsSecret: 'store-credentials',
  plan: offering.definition.plans[0]!,
  version: offering.definition.versions[0]!,
  parameters: offering.parameters.check({}).values,
  storageClass: null,
  claimSize: '1Gi',
  ...changed,
});
const secret = 'Pa55word';
const credentialsOf = ({ definition }: Offering): Record<string, string> =>
  Object.fromEntries(definition.credentials.map((name) => [name, secret]));
const statefulSetOf = (offering: Offering, changed?: Partial<ManifestSubject>): StatefulSet =>
  renderWorkload(offering, subjectOf(offering, changed)).find(
    ({ kind }) => kind === 'StatefulSet',
  ) as StatefulSet;

describe.each(catalogue.list().map((offering) => [offering.definition.name, offering] as const))(
  '%s',
  (name, offering) => {
    const workload = renderWorkload(offering, subjectOf(offering));

    it('puts every object into the namespace with the labels of its instance', () => {
      for (const object of [
        ...workload,
        renderSecret(offering, subjectOf(offering), credentialsOf(offering)),
      ]) {
        expect(object.metadata).toMatchObject({
          namespace: 'shop-dev',
          labels: labelsOf(name, { id: 'instance_1', name: 'store' }),
        });
      }
    });

    it('has pods and claims that informers and bindings find by label', () => {
      const { spec } = statefulSetOf(offering);
      expect(spec?.template.metadata?.labels).toMatchObject(podLabelsOf('instance_1'));
      expect(spec?.volumeClaimTemplates?.[0]?.metadata?.labels).toMatchObject(podLabelsOf('instance_1'));
    });

    it('holds no credential outside its Secret', () => {
      expect(JSON.stringify(workload)).not.toContain(secret);
    });

    it('has every variable of a binding in its Secret, none of them empty', () => {
      const { data } = renderSecret(offering, subjectOf(offering), credentialsOf(offering));
      const values = Object.fromEntries(
        Object.entries(offering.definition.variables).map(([variable, key]) => [
          variable,
          Buffer.from(data?.[key] ?? '', 'base64').toString(),
        ]),
      );
      expect(Object.values(values)).not.toContain('');
      expect(values).toMatchObject({
        HOST: 'store.shop-dev.svc.cluster.local',
        PORT: String(offering.definition.port),
        PASSWORD: secret,
      });
      const url = new URL(values['URL'] ?? '');
      expect([url.hostname, url.password]).toEqual(['store.shop-dev.svc.cluster.local', secret]);
    });

    it('asks for what the plan says, and limits to it', () => {
      const [container] = statefulSetOf(offering).spec?.template.spec?.containers ?? [];
      const { cpu, memory } = offering.definition.plans[0]!;
      expect(container?.resources).toEqual({ requests: { cpu, memory }, limits: { cpu, memory } });
    });

    it('runs without root, privileges or a token of the cluster', () => {
      const pod = statefulSetOf(offering).spec?.template.spec;
      expect(pod).toMatchObject({
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: { runAsNonRoot: true },
      });
      expect(pod?.containers[0]?.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
      });
    });

    it('leaves the storage class to the cluster unless one is chosen', () => {
      const claim = (storageClass: string | null) =>
        statefulSetOf(offering, { storageClass }).spec?.volumeClaimTemplates?.[0]?.spec;
      expect(claim(null)).not.toHaveProperty('storageClassName');
      expect(claim('fast')).toMatchObject({ storageClassName: 'fast' });
    });
  },
);

describe('a changed parameter', () => {
  const redis = catalogue.find('redis') as Offering;
  const templateOf = (maxmemoryPolicy: string) =>
    statefulSetOf(redis, { parameters: redis.parameters.check({ maxmemoryPolicy }).values }).spec?.template;

  it('stands in the configuration file', () => {
    const [config] = renderWorkload(redis, subjectOf(redis)) as ConfigMap[];
    expect(config?.data?.['redis.conf']).toContain('maxmemory 96mb\nmaxmemory-policy noeviction\n');
  });

  it('restarts the pods, and an unchanged one does not', () => {
    expect(templateOf('allkeys-lru')).not.toEqual(templateOf('noeviction'));
    expect(templateOf('noeviction')).toEqual(templateOf('noeviction'));
  });
});
