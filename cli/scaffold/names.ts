/** `hello-world` as the beginning of the names of models: `HelloWorld`. */
export const modelPrefix = (name: string): string =>
  name
    .split('-')
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('')
