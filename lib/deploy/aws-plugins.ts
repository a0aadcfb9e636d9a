import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/**
 * What makes the AWS SDK start faster in a function, without a word of it in the sources. Each plugin throws when the text that it
 * changes is not there, so that a new version of the SDK cannot undo it silently.
 */
export const awsPlugins: readonly Plugin[] = [hoistAdapters(), requireHttp(), environmentCredentials()];

/** The local process loads these on demand, a function in AWS always: as static imports they lose what is not used of the SDK. */
function hoistAdapters(): Plugin {
  const onDemand =
    /const (\{ \w+ \}) = await import\(('\.\.\/adapters\/(?:dynamodb-table|sqs-queue|ssm-parameter)\.ts')\);/g;
  return rewriting('hoist-adapters', /\/lib\/app\/(app|access-list)\.ts$/, (source) => {
    const imports = [...source.matchAll(onDemand)].map(([, names, path]) => `import ${names} from ${path};\n`);
    return imports.join('') + source.replaceAll(onDemand, '');
  });
}

/** As an ES module node:http is read export by export, and one of them loads all of `fetch`: some 15 ms of each first answer. */
function requireHttp(): Plugin {
  return rewriting('require-http', /\/@smithy\/node-http-handler\/dist-es\/node-http-handler\.js$/, (source) =>
    source.replaceAll('await import("node:http")', 'require("node:http")'),
  );
}

/** Lambda hands a function its credentials in the environment: the clients of all other sources stay out. */
function environmentCredentials(): Plugin {
  return {
    name: 'environment-credentials',
    setup: ({ onResolve, onLoad }) => {
      onResolve({ filter: /^@aws-sdk\/credential-provider-node$/ }, ({ resolveDir }) => ({
        path: 'environment',
        namespace: 'credentials',
        pluginData: resolveDir,
      }));
      onLoad({ filter: /.*/, namespace: 'credentials' }, ({ pluginData }) => ({
        contents: `export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';`,
        resolveDir: pluginData,
      }));
    },
  };
}

function rewriting(name: string, filter: RegExp, rewrite: (source: string) => string): Plugin {
  return {
    name,
    setup: ({ onLoad }) => {
      onLoad({ filter }, async ({ path }) => {
        const source = await readFile(path, 'utf8');
        const contents = rewrite(source);
        if (contents === source) throw new Error(`${name}: ${path} does not hold what it changes`);
        return { contents, loader: path.endsWith('.ts') ? 'ts' : 'js' };
      });
    },
  };
}
