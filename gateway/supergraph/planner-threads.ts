import { PlannerThread } from './planner-thread.js';

/** A thread that nobody needs is kept as long, for the next supergraph. */
const idleMilliseconds = 30_000;

/**
 * Planner threads of this process that are between two supergraphs. To start one takes half a second of loading
 * modules: an update takes the one that the update before it has left.
 */
const idle = new Map<PlannerThread, NodeJS.Timeout>();

export function takePlannerThread(): PlannerThread {
  for (const [thread, timer] of idle) {
    clearTimeout(timer);
    idle.delete(thread);
    if (!thread.ended) return thread;
  }
  return new PlannerThread();
}

/** Gives back a thread that is doing nothing. */
export function returnPlannerThread(thread: PlannerThread): void {
  if (thread.ended) return;
  if (idle.size > 0) {
    void thread.terminate();
    return;
  }
  const timer = setTimeout(() => {
    idle.delete(thread);
    void thread.terminate();
  }, idleMilliseconds);
  idle.set(thread, timer.unref());
}
