import packageFile from '../../package.json' with { type: 'json' };

/** Version of this installation, from package.json. */
export const version: string = packageFile.version;
