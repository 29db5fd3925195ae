import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from './circuit-breaker.js';

function breaker() {
  let now = 0;
  const circuit = new CircuitBreaker({
    clock: { now: () => now },
    threshold: 3,
    openMs: 5_000,
    longestOpenMs: 12_000,
  });
  return {
    circuit,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

describe('the circuit of a cluster', () => {
  it('opens after three failures in a row, not in all', () => {
    const { circuit } = breaker();
    circuit.admit()?.failed(false);
    circuit.admit()?.failed(false);
    circuit.admit()?.answered();
    circuit.admit()?.failed(false);
    circuit.admit()?.failed(false);
    expect(circuit.state).toBe('CLOSED');
    circuit.admit()?.failed(false);
    expect(circuit.state).toBe('OPEN');
    expect(circuit.admit()).toBeUndefined();
  });

  it('opens after a single deadline that passed while nobody had an answer', () => {
    const { circuit, pass } = breaker();
    const slow = circuit.admit();
    pass(10_000);
    slow?.failed(true);
    expect(circuit.state).toBe('OPEN');
  });

  it('stays closed when one call is slow while others are answered', () => {
    const { circuit, pass } = breaker();
    const slow = circuit.admit();
    pass(5_000);
    circuit.answered();
    pass(5_000);
    slow?.failed(true);
    expect(circuit.state).toBe('CLOSED');
  });

  it('lets one call try after a while, longer each time, and closes when it is answered', () => {
    const { circuit, pass } = breaker();
    for (let i = 0; i < 3; i++) circuit.admit()?.failed(false);
    pass(5_000);
    expect(circuit.state).toBe('HALF_OPEN');
    const trial = circuit.admit();
    expect(circuit.admit()).toBeUndefined();
    trial?.failed(true);
    pass(9_999);
    expect(circuit.admit()).toBeUndefined();
    pass(1);
    circuit.admit()?.failed(false);
    pass(11_999);
    expect(circuit.admit()).toBeUndefined();
    pass(1);
    circuit.admit()?.answered();
    expect(circuit.state).toBe('CLOSED');
  });

  it('gives the try to the next call when the one that had it was given up', () => {
    const { circuit, pass } = breaker();
    for (let i = 0; i < 3; i++) circuit.admit()?.failed(false);
    pass(5_000);
    circuit.admit()?.abandoned();
    expect(circuit.admit()).toBeDefined();
  });
});
