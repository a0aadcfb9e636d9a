/** Version of this installation: the one of package.json, which a bundle does not hold. */
export const version = '0.1.0';
