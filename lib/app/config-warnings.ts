import type { AlertmanagerConfig } from '../alerts/config.ts';
import type { Issue } from '../model/issue.ts';
import { isPagerdutySeverity } from '../notify/pagerduty.ts';
import { bindIntegration } from '../notify/registry.ts';
import type { AppConfig } from './config.ts';
import { routingIssue } from './routing.ts';

/** What is allowed and probably not meant: of `alertmanager.yml`, and of what Tocsin makes of it. */
export function configWarnings({ settings }: AppConfig, routing: AlertmanagerConfig): readonly Issue[] {
  const file = settings.alertmanager_file;
  const unsent = routing.receivers.flatMap(({ name, integrations }) =>
    integrations.flatMap((configured) => {
      const bound = bindIntegration(configured);
      if (typeof bound !== 'string') return [];
      const path = `receiver ${JSON.stringify(name)} ${configured.kind}_configs[${configured.index}]`;
      const hint = 'what is sent to it fails with this reason; docs/routing.md says what is supported';
      return [routingIssue({ file, path, message: bound, hint })];
    }),
  );
  return [...routing.warnings, ...unsent, ...strangeSeverities(settings.receivers, routing)];
}

function strangeSeverities(extras: AppConfig['settings']['receivers'], routing: AlertmanagerConfig): Issue[] {
  const paged = routing.receivers.filter(({ integrations }) => integrations.some(({ kind }) => kind === 'pagerduty'));
  return paged.flatMap(({ name }) =>
    Object.entries(extras[name]?.severity_map ?? {})
      .filter(([, word]) => !isPagerdutySeverity(word.toLowerCase()))
      .map(([severity, word]) =>
        routingIssue({
          file: 'tocsin.yml',
          path: `receivers.${name}.severity_map.${severity}`,
          message: `PagerDuty takes no severity ${JSON.stringify(word)}, and is sent that of pagerduty_configs`,
          hint: 'one of critical, error, warning, info',
        }),
      ),
  );
}
