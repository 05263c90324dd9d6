/** How the reference page looks: it follows the reader's colours, and wide tables scroll by themselves. */
export const style = `
:root { color-scheme: light dark; --line: #8886; --soft: #8881; --link: #0550ae; }
@media (prefers-color-scheme: dark) { :root { --link: #79b8ff; } }
body { margin: 0 auto; padding: 1rem; max-width: 80rem; font: 1rem/1.5 system-ui, sans-serif; }
a { color: var(--link); }
a:focus-visible, [tabindex]:focus-visible { outline: 2px solid var(--link); }
code, pre { font-family: ui-monospace, monospace; font-size: 0.9em; }
pre { padding: 0.75rem; overflow-x: auto; background: var(--soft); }
nav ul { columns: 16rem; }
section section { border-top: 1px solid var(--line); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.25rem 1rem; }
dt { font-weight: 600; }
dd { margin: 0; overflow-wrap: anywhere; }
.wide { margin: 1rem 0; overflow-x: auto; }
table { border-collapse: collapse; }
caption { font-weight: 600; text-align: start; }
th, td { padding: 0.25rem 0.5rem; border: 1px solid var(--line); text-align: start; vertical-align: top; }
thead th { background: var(--soft); }
`
