import { join } from 'node:path';

/** Folder that only the gateway's own user may enter. */
export const exportFolder = (dataDir: string): string => join(dataDir, 'run');

/** Where a gateway with an embedded database hands its trail to `toolgate audit export`: a socket in the data folder. */
export const exportAddress = (dataDir: string): string => join(exportFolder(dataDir), 'audit.sock');

/** Ends a whole export: no row is an empty line, so that one cut short is told from one that is complete. */
export const endOfExport = '\n';
