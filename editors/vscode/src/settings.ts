/** What the user has set, in the words of the server; docs/protocol.md has the table. */

import { ConfigurationTarget, type TextDocument, workspace } from 'vscode';

export const SECTION = 'codegen';

/** Read by the extension alone. */
const OWN: ReadonlySet<string> = new Set(['server.path']);

interface Manifest {
  readonly contributes: { readonly configuration: { readonly properties: object } };
}

/** The names of the server's settings, as package.json lists them. */
export function serverSettingNames(manifest: Manifest): readonly string[] {
  return Object.keys(manifest.contributes.configuration.properties)
    .map((key) => key.slice(SECTION.length + 1))
    .filter((name) => !OWN.has(name));
}

/**
 * The settings that somebody has set, and no defaults: the editor's would hide what the user's
 * config.toml says.
 */
export function serverSettings(names: readonly string[]): Record<string, unknown> {
  const configuration = workspace.getConfiguration(SECTION);
  const settings: Record<string, unknown> = {};
  for (const name of names) {
    const found = configuration.inspect<unknown>(name);
    const layers = [found?.globalValue, found?.workspaceValue].filter((one) => one !== undefined);
    if (layers.length > 0) {
      // A workspace may add to the user's globs, and take none away.
      settings[name] = name === 'exclude' ? layers.flat() : configuration.get(name);
    }
  }
  return settings;
}

/** Where the server is, as the user says; empty if nothing is said. */
export function serverPath(): string {
  return workspace.getConfiguration(SECTION).get<string>('server.path', '').trim();
}

/** Why there are no suggestions in a document, as far as settings say; undefined if there are. */
export function whyOff(document: TextDocument | undefined): string | undefined {
  if (!isEnabled()) {
    return 'switched off';
  }
  if (!workspace.getConfiguration('editor', document).get('inlineSuggest.enabled', true)) {
    return 'the editor shows no inline suggestions (editor.inlineSuggest.enabled)';
  }
  if (document !== undefined && !isLanguageEnabled(document.languageId)) {
    return `switched off for ${document.languageId}`;
  }
  return undefined;
}

export function isEnabled(): boolean {
  return workspace.getConfiguration(SECTION).get('enabled', true);
}

export async function setEnabled(enabled: boolean): Promise<void> {
  const configuration = workspace.getConfiguration(SECTION);
  // Where the workspace says something, the user's own setting would change nothing.
  const inWorkspace = configuration.inspect('enabled')?.workspaceValue !== undefined;
  const target = inWorkspace ? ConfigurationTarget.Workspace : ConfigurationTarget.Global;
  await configuration.update('enabled', enabled, target);
}

export function isLanguageEnabled(language: string): boolean {
  const languages = workspace
    .getConfiguration(SECTION)
    .get<Record<string, boolean>>('languages', {});
  return languages[language] ?? languages['*'] ?? true;
}

export async function setLanguageEnabled(language: string, enabled: boolean): Promise<void> {
  const configuration = workspace.getConfiguration(SECTION);
  const found = configuration.inspect<Record<string, boolean>>('languages');
  const inWorkspace = found?.workspaceValue?.[language] !== undefined;
  const before = inWorkspace ? found?.workspaceValue : found?.globalValue;
  const target = inWorkspace ? ConfigurationTarget.Workspace : ConfigurationTarget.Global;
  await configuration.update('languages', { ...before, [language]: enabled }, target);
}

export function model(): string | null {
  return workspace.getConfiguration(SECTION).get<string | null>('model', null);
}

/** The user's own choice; null leaves it to config.toml. */
export async function setModel(name: string | null): Promise<void> {
  await workspace
    .getConfiguration(SECTION)
    .update('model', name ?? undefined, ConfigurationTarget.Global);
}
