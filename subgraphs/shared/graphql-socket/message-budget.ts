const messagesPerSecond = 200;
const messageBurst = 400;

/** How many messages one socket may send: a token bucket on the monotonic clock. */
export class MessageBudget {
  #tokens = messageBurst;
  #filledAt = performance.now();

  spend(): boolean {
    const now = performance.now();
    this.#tokens = Math.min(
      messageBurst,
      this.#tokens + ((now - this.#filledAt) / 1_000) * messagesPerSecond,
    );
    this.#filledAt = now;
    this.#tokens -= 1;
    return this.#tokens >= 0;
  }
}
