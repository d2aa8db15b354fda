/** Puts the parts together: the connection, what is shown of it, and the commands. */

import { commands, type ExtensionContext, window, workspace } from 'vscode';
import { Connection, startWithFirstFile } from './connection';
import { watchCursor } from './cursor';
import { Explanation } from './explain';
import { showMenu } from './menu';
import { chooseModel } from './models';
import { isEnabled, isLanguageEnabled, SECTION, setEnabled, setLanguageEnabled } from './settings';
import { StatusBar } from './status';
import { Suggestions } from './suggestions';

let connection: Connection | undefined;

export function activate(context: ExtensionContext): void {
  const log = window.createOutputChannel('codegen', { log: true });
  const suggestions = new Suggestions();
  const server = new Connection(context, log, suggestions);
  const status = new StatusBar(server, suggestions);
  const explanation = new Explanation(server);
  connection = server;

  const handlers: Record<string, () => unknown> = {
    menu: () => showMenu(server, suggestions),
    toggle: () => setEnabled(!isEnabled()),
    toggleLanguage,
    togglePause: () => {
      suggestions.paused = !suggestions.paused;
      status.refresh();
    },
    restart: () => server.start(true),
    showLog: () => log.show(),
    explain: () => explanation.show(),
    chooseModel: () => (server.path === undefined ? server.start(true) : chooseModel(server.path)),
    install: () => install(server),
    walkthrough: () =>
      commands.executeCommand('workbench.action.openWalkthrough', `${context.extension.id}#start`),
  };
  context.subscriptions.push(
    log,
    server,
    status,
    explanation,
    watchCursor(server, suggestions),
    startWithFirstFile(server),
    server.onDidChange(() => status.refresh()),
    window.onDidChangeActiveTextEditor(() => status.refresh()),
    workspace.onDidGrantWorkspaceTrust(() => {
      if (server.phase === 'absent') {
        void server.start();
      }
    }),
    workspace.onDidChangeConfiguration((event) => {
      status.refresh();
      if (event.affectsConfiguration(SECTION)) {
        server.settingsChanged();
      }
    }),
    ...Object.entries(handlers).map(([name, handler]) =>
      commands.registerCommand(`${SECTION}.${name}`, handler),
    ),
  );
}

export async function deactivate(): Promise<void> {
  await connection?.stop();
}

async function toggleLanguage(): Promise<void> {
  const language = window.activeTextEditor?.document.languageId;
  if (language !== undefined) {
    await setLanguageEnabled(language, !isLanguageEnabled(language));
  }
}

/** Looks again first: somebody may have installed it meanwhile. */
async function install(server: Connection): Promise<void> {
  await server.start(true);
  if (server.path !== undefined) {
    void window.showInformationMessage(`codegen's server is installed: ${server.path}`);
  }
}
