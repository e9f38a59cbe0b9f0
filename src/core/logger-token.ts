/** Injection token of the program's logger (pino), for services that a factory builds. */
export const LOGGER = Symbol('Logger');
