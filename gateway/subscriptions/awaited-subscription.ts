import type { Subscription } from './subscriber.js';

/**
 * A subscription that is opened once its operation is planned, unless the client has left by then. The one whose plan
 * can't be made, or that can't be opened, is `onFailed`; one that was left is `onLeft`.
 */
export function awaitedSubscription(
  planning: Promise<void>,
  open: () => Subscription,
  { onFailed, onLeft }: { readonly onFailed: (error: unknown) => void; readonly onLeft: () => void },
): Subscription {
  let opened: Subscription | undefined;
  let over = false;
  planning
    .then(() => {
      if (!over) opened = open();
    })
    .catch((error) => {
      if (over) return;
      over = true;
      onFailed(error);
    });
  return {
    leave() {
      if (opened) opened.leave();
      else if (!over) {
        over = true;
        onLeft();
      }
    },
    // Before it is opened nothing was sent.
    drained: () => opened?.drained(),
  };
}
