/** Prints the effective configuration as Alertmanager's `/status` does: defaults and inheritance applied, secrets hidden. */
import { type AlertmanagerConfig, configField } from './config.ts';
import { renderYaml } from './config-emitter.ts';

/** YAML that an amtool of the same version loads. Secrets are `<secret>`. */
export function renderAlertmanagerConfig(config: AlertmanagerConfig): string {
  return renderYaml(configField.render(config.sections));
}
