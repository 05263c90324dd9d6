/** What synchronizers of XOS ask for again and again. */
export const reading = `
-- Few at a time, among however many live ones.
create index record_deleted on record (root, id) where deleted;
`
