/** RFC 3339 with whole seconds, as metadata has it. */
export const timestamp = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
