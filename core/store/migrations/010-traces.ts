/** What traces know of writes and calls. */
export const traces = `
-- Traceparents of the writes that the next call brings about, the newest last, by spaces; see traces.ts.
alter table record add column traces text;

-- 32 hexadecimal digits; null when the call had none.
alter table attempt add column trace_id text;
`
