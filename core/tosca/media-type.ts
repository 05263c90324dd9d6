export const plain = 'text/plain; charset=utf-8'
