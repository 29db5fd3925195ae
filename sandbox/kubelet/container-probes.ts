import type { ContainerHost } from './container-host.js';
import { type ProbeKind, probeFailure } from './probes.js';

const FIRST_LOOK_MS = 300;

interface Check {
  readonly kind: ProbeKind;
  readonly probe: any;
  next: number | undefined;
  failures: number;
}

interface Probing {
  readonly next: number | undefined;
  /** The probe that the container is to be killed for. */
  readonly verdict?: ProbeKind;
  /** What the probe gives the container to end, instead of the pod. */
  readonly graceSeconds?: number | undefined;
}

/** Runs the probes of a running container; one that succeeded rests until a fault is injected. */
export class ContainerProbes {
  isReady = false;
  isStarted = false;
  private servesAt = Number.POSITIVE_INFINITY;
  private checks: Check[] = [];

  constructor(
    private readonly host: ContainerHost,
    private readonly spec: any,
    private readonly path: string,
  ) {}

  begin(startedAt: number, bootMs: number): void {
    this.servesAt = startedAt + bootMs;
    const check = (kind: ProbeKind, probe: any): Check[] => {
      if (!probe) return [];
      const delay =
        this.host.scaled((probe.initialDelaySeconds ?? 0) * 1000) + this.host.latency(FIRST_LOOK_MS);
      return [{ kind, probe, next: startedAt + delay, failures: 0 }];
    };
    this.checks = [
      ...check('Startup', this.spec.startupProbe),
      ...check('Readiness', this.spec.readinessProbe),
      ...check('Liveness', this.spec.livenessProbe),
    ];
    this.isStarted = !this.spec.startupProbe;
    this.isReady = this.isStarted && !this.spec.readinessProbe;
  }

  end(): void {
    this.isReady = false;
    this.isStarted = false;
    this.checks = [];
  }

  step(fault: string | undefined): Probing {
    const now = this.host.now();
    for (const check of this.checks) {
      if (check.kind !== 'Startup' && !this.isStarted) continue;
      if (check.next === undefined && fault !== undefined) check.next = now;
      if (check.next === undefined || check.next > now) continue;
      const message = this.look(check, fault);
      const failed = message !== undefined;
      check.failures = failed ? check.failures + 1 : 0;
      const period = this.host.scaled((check.probe.periodSeconds ?? 10) * 1000);
      check.next = failed || fault !== undefined ? now + period : undefined;
      if (failed) {
        const text = `${check.kind} probe failed: ${message}`;
        this.host.record(this.path, { type: 'Warning', reason: 'Unhealthy', message: text });
      }
      const isDecided = failed && check.failures >= (check.probe.failureThreshold ?? 3);
      if (check.kind === 'Readiness') this.isReady = failed ? this.isReady && !isDecided : true;
      else if (isDecided) {
        const graceSeconds: number | undefined = check.probe.terminationGracePeriodSeconds;
        return { next: now, verdict: check.kind, graceSeconds };
      } else if (check.kind === 'Startup' && !failed) this.start();
    }
    const times = this.checks
      .filter(({ kind }) => kind === 'Startup' || this.isStarted)
      .flatMap(({ next }) => (next === undefined ? [] : [next]));
    return { next: times.length > 0 ? Math.min(...times) : undefined };
  }

  private start(): void {
    this.isStarted = true;
    this.checks = this.checks.filter(({ kind }) => kind !== 'Startup');
    if (!this.spec.readinessProbe) this.isReady = true;
  }

  private look({ kind, probe }: Check, fault: string | undefined): string | undefined {
    return probeFailure(kind, probe, {
      isServing: this.host.now() >= this.servesAt,
      fault,
      podIP: this.host.podIP,
      ports: this.spec.ports ?? [],
    });
  }
}
