/** The first user of a core in development, and the password that everybody knows. */
export const developmentAdmin = { email: 'admin@opencord.org', password: 'letmein' } as const
