/** What a click on the item in the status bar offers. */

import { commands, type QuickPickItem, window } from 'vscode';
import type { Connection } from './connection';
import { isEnabled, isLanguageEnabled } from './settings';
import type { Suggestions } from './suggestions';

interface MenuItem extends QuickPickItem {
  readonly command: string;
}

export async function showMenu(connection: Connection, suggestions: Suggestions): Promise<void> {
  const message = connection.status?.message;
  const chosen = await window.showQuickPick([...items(connection, suggestions)], {
    title: 'codegen',
    placeHolder: message || 'Suggestions from a model on your own machine',
  });
  if (chosen !== undefined) {
    await commands.executeCommand(chosen.command);
  }
}

function* items(connection: Connection, suggestions: Suggestions): Generator<MenuItem> {
  if (connection.phase === 'absent') {
    yield { label: '$(desktop-download) Install the server', command: 'codegen.install' };
  }
  yield suggestions.paused
    ? { label: '$(debug-start) Resume in this window', command: 'codegen.togglePause' }
    : { label: '$(debug-pause) Pause in this window', command: 'codegen.togglePause' };
  const language = window.activeTextEditor?.document.languageId;
  if (language !== undefined) {
    yield {
      label: isLanguageEnabled(language)
        ? `$(circle-slash) Disable for ${language}`
        : `$(check) Enable for ${language}`,
      command: 'codegen.toggleLanguage',
    };
  }
  yield {
    label: isEnabled() ? '$(circle-slash) Disable everywhere' : '$(check) Enable',
    command: 'codegen.toggle',
  };
  yield { label: '$(question) Explain the last suggestion', command: 'codegen.explain' };
  yield { label: '$(list-selection) Choose the model', command: 'codegen.chooseModel' };
  yield { label: '$(output) Show the log', command: 'codegen.showLog' };
  yield { label: '$(debug-restart) Restart the server', command: 'codegen.restart' };
}
